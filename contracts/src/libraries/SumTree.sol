// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntryProof, Leaf, LeafProof, SumNode} from "../types/SumTreeTypes.sol";

/// @title Reads sparse Merkle-sum trees: the leaves of an epoch, and the lanes, holds and statements below them.
/// @dev A place has 256 bits, read from the most significant one, 0 to the left. An absent subtree is zero with sum 0, a subtree with
/// one leaf is that leaf, an inner node is `keccak(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum)`. The preimages of leaves (137
/// bytes), entries (49) and inner nodes (97) differ in length, so that none can be shown as another. A hash fixes the sum below it, so that a
/// root is compared by its hash alone and its sum is what the proof gives.
library SumTree {
    /// @dev Bytes of a sibling: hash (32) and sum (16).
    uint256 internal constant SIBLING_BYTES = 48;

    /// @dev Bytes that the hash of an entry is of: 0x00, key, value.
    uint256 private constant ENTRY_BYTES = 49;

    /// @dev Bytes that the hash of an inner node is of: 0x01, and hash and sum of either half.
    uint256 private constant INNER_BYTES = 97;

    /// @dev Bits of a place.
    uint256 internal constant PLACE_BITS = 256;

    /// @dev How deep a leaf or an entry may stand: what is hidden deeper a watcher could not find in time.
    uint256 internal constant DEPTH_MAX = 128;

    /// @notice Thrown when siblings are not whole, or more than `DEPTH_MAX`.
    error SiblingsLengthInvalid(uint256 length);

    /// @notice Thrown when an absent sibling, from the root down, has a sum.
    error SiblingInvalid(uint256 depth);

    /// @notice Thrown when nothing stands beside the end of a proof, which then would stand higher.
    error DeepestSiblingAbsent(uint256 depth);

    /// @notice Thrown when a sum does not fit 16 bytes.
    error SumTooLarge(uint256 depth);

    /// @notice Thrown when the credits or the debits below a node do not fit 8 bytes.
    error HalvesCarry(uint256 depth);

    /// @notice Thrown when what a proof shows stands elsewhere than where the place leads.
    error OtherStandsElsewhere(bytes32 place, bytes32 other);

    /// @notice Thrown when what is said to be below a root is neither nothing, an entry nor an inner node.
    error PreimageInvalid(uint256 length);

    /// @notice Thrown when a proof leads to another root.
    error RootDiffers(bytes32 expected, bytes32 actual);

    /// @notice Thrown when a key has no entry although one is asked for, or a place no leaf.
    error NotIncluded(bytes32 place);

    /// @notice Thrown when a key has an entry although none may be there, or a place a leaf.
    error NotAbsent(bytes32 place);

    /// @dev Where the leaf of a wallet stands.
    function placeOf(address account) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(account));
    }

    /// @dev Where the leaf of a wallet's payouts stands that wait for a row.
    function placeOfPayable(address account) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("payable:", account));
    }

    /// @dev Where the leaf of `treasury`, `rewards` or `clearing` stands.
    function placeOfName(string memory name) internal pure returns (bytes32) {
        return keccak256(bytes(name));
    }

    /// @dev A leaf as a node. Reverts with `SumTooLarge`.
    function leafNode(bytes32 place, Leaf memory leaf) internal pure returns (SumNode memory node) {
        node.hash = keccak256(
            abi.encodePacked(
                bytes1(0),
                place,
                leaf.available,
                leaf.held,
                leaf.lanesRoot,
                leaf.holdsRoot,
                leaf.receiptSequence
            )
        );
        uint256 sum = uint256(leaf.available) + leaf.held;
        require(sum <= type(uint128).max, SumTooLarge(PLACE_BITS));
        node.sum = uint128(sum);
    }

    /// @dev An entry as a node; its sum is its value.
    function entryNode(bytes32 key, uint128 value) internal pure returns (SumNode memory node) {
        node.hash = keccak256(abi.encodePacked(bytes1(0), key, value));
        node.sum = value;
    }

    /// @dev The node over two. Reverts with `HalvesCarry` when `isSplit`, otherwise with `SumTooLarge`.
    function innerNode(
        SumNode memory left,
        SumNode memory right,
        uint256 depth,
        bool isSplit
    ) internal pure returns (SumNode memory node) {
        node.hash = innerHash(left.hash, left.sum, right.hash, right.sum);
        node.sum = addedSum(left.sum, right.sum, depth, isSplit);
    }

    /// @dev The two halves of a statement's sum.
    function splitSum(uint128 sum) internal pure returns (uint64 credit, uint64 debit) {
        return (uint64(sum >> 64), uint64(sum));
    }

    /// @dev The top of the tree over a node that stands on the way to `place`, below as many siblings as are given. Which of the depths that
    /// are possible is the right one, the caller has to know: for leaves and entries use the functions below.
    /// Reverts with `SiblingsLengthInvalid`, `SiblingInvalid`, `SumTooLarge`.
    function climb(
        SumNode memory node,
        bytes32 place,
        bytes memory siblings
    ) internal pure returns (SumNode memory top) {
        return climb(node, place, siblings, false);
    }

    /// @dev As `climb`, and when `isSplit` refuses with `HalvesCarry` sums whose halves carry into each other.
    function climb(
        SumNode memory node,
        bytes32 place,
        bytes memory siblings,
        bool isSplit
    ) internal pure returns (SumNode memory top) {
        bytes32 hash = node.hash;
        uint256 sum = node.sum;
        uint256 levels = depthOf(siblings);
        bool isAbsentWithSum;
        bool isTooLarge;
        // A proof hashes one inner node for each level; outside assembly a level takes several times what its hash does. `at` is the node's
        // preimage, where memory is free, and left free; its halves are the hash and sum so far, at `own`, and the sibling's. The own half is
        // written first, because the word of its sum has 16 bytes too many: they are overwritten, or behind the preimage. No overflow: there
        // are `DEPTH_MAX` levels at most, and either sum is below 2^128. A level whose sums are refused ends the loop.
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore8(at, 0x01)
            let ends := add(add(at, at), 50)
            let way := shr(sub(PLACE_BITS, levels), place)
            let sibling := add(add(siblings, 0x20), mul(levels, SIBLING_BYTES))
            for {} levels { levels := sub(levels, 1) } {
                sibling := sub(sibling, SIBLING_BYTES)
                let own := add(add(at, 1), mul(and(way, 1), SIBLING_BYTES))
                way := shr(1, way)
                mstore(own, hash)
                mstore(add(own, 0x20), shl(128, sum))
                mcopy(sub(ends, own), sibling, SIBLING_BYTES)
                hash := keccak256(at, INNER_BYTES)
                let besideSum := shr(128, mload(add(sibling, 0x20)))
                if iszero(mload(sibling)) {
                    if besideSum {
                        isAbsentWithSum := 1
                        break
                    }
                }
                if isSplit {
                    if shr(64, add(and(sum, 0xffffffffffffffff), and(besideSum, 0xffffffffffffffff))) {
                        isTooLarge := 1
                        break
                    }
                }
                sum := add(sum, besideSum)
                if shr(128, sum) {
                    isTooLarge := 1
                    break
                }
            }
        }
        if (isAbsentWithSum) revert SiblingInvalid(levels - 1);
        if (isTooLarge) revertTooLarge(levels - 1, isSplit);
        top = SumNode(hash, uint128(sum));
    }

    /// @dev What the tree under `root` says of `key`. Reverts as `climb` does, and with `OtherStandsElsewhere`, `DeepestSiblingAbsent`,
    /// `RootDiffers`.
    /// @return isPresent Whether the key has an entry.
    /// @return value Its value, 0 without one.
    /// @return total The sum of the tree.
    function lookUp(
        bytes32 root,
        bytes32 key,
        EntryProof memory proof,
        bool isSplit
    ) internal pure returns (bool isPresent, uint128 value, uint128 total) {
        SumNode memory end;
        if (!proof.isEmpty) {
            requireSameWay(key, proof.key, proof.siblings);
            end = entryNode(proof.key, proof.value);
            isPresent = proof.key == key;
            if (isPresent) value = proof.value;
        }
        total = totalUnder(root, end, key, proof.siblings, isSplit);
    }

    /// @dev What the leaves under `root` say of `place`: as `lookUp`.
    function lookUpLeaf(
        bytes32 root,
        bytes32 place,
        LeafProof memory proof
    ) internal pure returns (bool isPresent, Leaf memory leaf, uint128 total) {
        SumNode memory end;
        if (!proof.isEmpty) {
            requireSameWay(place, proof.place, proof.siblings);
            end = leafNode(proof.place, proof.leaf);
            isPresent = proof.place == place;
            if (isPresent) leaf = proof.leaf;
        }
        total = totalUnder(root, end, place, proof.siblings, false);
    }

    /// @dev The sum of a tree of entries, by what its root is the hash of: nothing for an empty tree, `0x00 ‖ key ‖ value` for one entry,
    /// `0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum` for more. Reverts with `PreimageInvalid`, `RootDiffers`, `SiblingInvalid`,
    /// `SumTooLarge`.
    function sumOf(bytes32 root, bytes memory preimage) internal pure returns (uint128) {
        uint256 length = preimage.length;
        bytes32 hash = length == 0 ? bytes32(0) : keccak256(preimage);
        require(hash == root, RootDiffers(root, hash));
        if (length == 0) return 0;
        if (length == ENTRY_BYTES && preimage[0] == 0x00) return sumAt(preimage, 33);
        require(length == INNER_BYTES && preimage[0] == 0x01, PreimageInvalid(length));
        uint128 left = sumAt(preimage, 33);
        uint128 right = sumAt(preimage, 81);
        require(wordAt(preimage, 1) != 0 || left == 0, SiblingInvalid(0));
        require(wordAt(preimage, 49) != 0 || right == 0, SiblingInvalid(0));
        return addedSum(left, right, 0, false);
    }

    /// @dev Reverts as `lookUp` does, and with `NotIncluded`.
    function requireIncluded(bytes32 root, bytes32 key, EntryProof memory proof) internal pure returns (uint128 value) {
        bool isPresent;
        (isPresent, value, ) = lookUp(root, key, proof, false);
        require(isPresent, NotIncluded(key));
    }

    /// @dev Reverts as `lookUp` does, and with `NotAbsent`.
    function requireAbsent(bytes32 root, bytes32 key, EntryProof memory proof) internal pure {
        (bool isPresent, , ) = lookUp(root, key, proof, false);
        require(!isPresent, NotAbsent(key));
    }

    /// @dev How many siblings there are. Reverts with `SiblingsLengthInvalid`.
    function depthOf(bytes memory siblings) internal pure returns (uint256 depth) {
        depth = siblings.length / SIBLING_BYTES;
        require(depth <= DEPTH_MAX && siblings.length == depth * SIBLING_BYTES, SiblingsLengthInvalid(siblings.length));
    }

    /// @dev Reverts with `OtherStandsElsewhere` unless both places have the same first `depth` bits.
    function requireSamePrefix(bytes32 place, bytes32 other, uint256 depth) internal pure {
        // A shift by 256 gives 0: at depth 0 every place has the same way.
        require(uint256(place ^ other) >> (PLACE_BITS - depth) == 0, OtherStandsElsewhere(place, other));
    }

    /// @dev Reverts with `DeepestSiblingAbsent`: beside a leaf, or beside nothing, something has to stand.
    function requireDeepestSibling(bytes memory siblings) internal pure {
        uint256 depth = depthOf(siblings);
        if (depth == 0) return;
        require(wordAt(siblings, (depth - 1) * SIBLING_BYTES) != 0, DeepestSiblingAbsent(depth - 1));
    }

    /// @dev The sum over two nodes. Reverts with `HalvesCarry` when `isSplit`, otherwise with `SumTooLarge`.
    function addedSum(uint128 left, uint128 right, uint256 depth, bool isSplit) private pure returns (uint128) {
        uint256 sum = uint256(left) + right;
        bool isDebitTooLarge = isSplit && uint256(uint64(left)) + uint64(right) > type(uint64).max;
        if (isDebitTooLarge || sum > type(uint128).max) revertTooLarge(depth, isSplit);
        return uint128(sum);
    }

    function revertTooLarge(uint256 depth, bool isSplit) private pure {
        if (isSplit) revert HalvesCarry(depth);
        revert SumTooLarge(depth);
    }

    function totalUnder(
        bytes32 root,
        SumNode memory end,
        bytes32 place,
        bytes memory siblings,
        bool isSplit
    ) private pure returns (uint128) {
        requireDeepestSibling(siblings);
        SumNode memory top = climb(end, place, siblings, isSplit);
        require(top.hash == root, RootDiffers(root, top.hash));
        return top.sum;
    }

    function requireSameWay(bytes32 place, bytes32 other, bytes memory siblings) private pure {
        requireSamePrefix(place, other, depthOf(siblings));
    }

    function innerHash(
        bytes32 left,
        uint128 leftSum,
        bytes32 right,
        uint128 rightSum
    ) private pure returns (bytes32 hash) {
        // What is revealed hashes one for each two parts. Packed where memory is free, and left free: encoding it first would take several times as long.
        // The shifts drop whatever a sum's word has beside its 16 bytes.
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore8(at, 0x01)
            mstore(add(at, 1), left)
            mstore(add(at, 33), shl(128, leftSum))
            mstore(add(at, 49), right)
            mstore(add(at, 81), shl(128, rightSum))
            hash := keccak256(at, INNER_BYTES)
        }
    }

    function sumAt(bytes memory data, uint256 offset) private pure returns (uint128) {
        return uint128(bytes16(wordAt(data, offset)));
    }

    function wordAt(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        // The offsets lie within data whose length has been checked. Solidity has no other way to read a word out of bytes in memory; what a
        // sum's word has beyond its 16 bytes is cut off.
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), offset))
        }
    }
}
