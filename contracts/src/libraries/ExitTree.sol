// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Leaf} from "../types/SumTreeTypes.sol";

/// @title The tree of leaves that an exit pays.
/// @dev Reads the trees of `SumTree`, straight from calldata and without looking at each level's sums, because the total is known: sums only
/// grow upwards and are added without overflow, so that one that passes the 16 bytes of a preimage ends above every total. An absent sibling
/// that has a sum lets nobody take more than the rest, and is no reason to keep anybody's leaf.
library ExitTree {
    /// @dev Bytes of a sibling: hash (32) and sum (16).
    uint256 private constant SIBLING_BYTES = 48;

    /// @dev Bytes that the hash of a leaf is of: 0x00, place, and the fields of `Leaf`.
    uint256 private constant LEAF_BYTES = 137;

    /// @dev Bytes that the hash of an inner node is of: 0x01, and hash and sum of either half.
    uint256 private constant INNER_BYTES = 97;

    /// @dev How deep a leaf may stand, as in `SumTree`.
    uint256 private constant DEPTH_MAX = 128;

    /// @dev A tree in one word, which is never 0.
    function idOf(bytes32 root, uint64 totalMicrocredits) internal pure returns (bytes32) {
        return Hashes.efficientKeccak256(root, bytes32(uint256(totalMicrocredits)));
    }

    /// @dev The tree in which a leaf stands at `place` below these siblings, from the root down, 48 bytes each; 0 when they are not whole or too many.
    /// @return id As `idOf`.
    /// @return amountMicrocredits What the leaf has available and held.
    function treeOver(
        bytes32 place,
        Leaf calldata leaf,
        bytes calldata siblings
    ) internal pure returns (bytes32 id, uint256 amountMicrocredits) {
        // No overflow: either is below 2^128.
        unchecked {
            amountMicrocredits = uint256(leaf.available) + leaf.held;
        }
        if (siblings.length % SIBLING_BYTES != 0 || siblings.length > DEPTH_MAX * SIBLING_BYTES) return (0, 0);
        uint256 depth = siblings.length / SIBLING_BYTES;
        // The first bits of the place behind a one: the position of the leaf, where the root is 1, and below n stand 2n and 2n + 1. A shift by 256
        // gives 0: at depth 0 there is the root alone.
        uint256 position = (1 << depth) | (uint256(place) >> (256 - depth));
        bytes32 hash;
        uint256 sum = amountMicrocredits;
        // Outside assembly a level takes several times what its hash does, and everybody's way out has to be affordable. Preimages are packed
        // where memory is free, and left free. Where a word has bytes behind its field, the next field is written over them, or they are not hashed.
        // No overflow: a sum is one of at most 129 below 2^128. The decoder has checked that leaf and siblings lie within calldata.
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore8(at, 0x00)
            mstore(add(at, 1), place)
            mstore(add(at, 33), shl(128, calldataload(leaf)))
            mstore(add(at, 49), shl(128, calldataload(add(leaf, 0x20))))
            calldatacopy(add(at, 65), add(leaf, 0x40), 0x40)
            mstore(add(at, 129), shl(192, calldataload(add(leaf, 0x80))))
            hash := keccak256(at, LEAF_BYTES)

            // From the deepest sibling up. The lowest bit of a node's position says in which half of its parent it stands; 1 is the root.
            mstore8(at, 0x01)
            let halves := add(add(at, at), 50)
            let sibling := add(siblings.offset, siblings.length)
            for { let node := position } gt(node, 1) { node := shr(1, node) } {
                sibling := sub(sibling, SIBLING_BYTES)
                let own := add(add(at, 1), mul(and(node, 1), SIBLING_BYTES))
                mstore(own, hash)
                mstore(add(own, 0x20), shl(128, sum))
                calldatacopy(sub(halves, own), sibling, SIBLING_BYTES)
                hash := keccak256(at, INNER_BYTES)
                sum := add(sum, shr(128, calldataload(add(sibling, 0x20))))
            }
        }
        id = Hashes.efficientKeccak256(hash, bytes32(sum));
    }
}
