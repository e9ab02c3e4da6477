// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Acceptance, SignedAcceptance} from "../types/Messages.sol";
import {ProofOfCompute} from "./ProofOfCompute.sol";

/// @title Checks that the ledger has signed what became of a message.
/// @dev The tree of a batch: a leaf is `keccak(0x00 ‖ hashStruct(acceptance))`, an inner node `keccak(0x01 ‖ left ‖ right)`, and the last
/// node of an odd row goes up as it is.
library Acceptances {
    /// @dev More acceptances than any batch has.
    uint32 internal constant COUNT_MAX = 2 ** 24;

    /// @notice Thrown when there is no such place in a batch of that count.
    error AcceptanceIndexInvalid(uint32 index, uint32 count);

    /// @notice Thrown when the siblings are not as many as the place has.
    error AcceptanceSiblingsInvalid(uint256 length);

    /// @notice Thrown when the siblings lead to another root than the signed one.
    error AcceptanceRootDiffers(bytes32 expected, bytes32 actual);

    /// @notice Thrown when an acceptance is of a later position than its root.
    error AcceptancePositionInvalid(uint64 position, uint64 rootPosition);

    /// @dev Requires that `ledgerSigner` has signed the acceptance. Reverts with the errors above, and `ProofOfCompute.SignatureInvalid`,
    /// `ProofOfCompute.SignerDiffers`. Whether it says accepted or refused, and of which message, is for the caller to look at.
    function requireSigned(bytes32 domain, address ledgerSigner, SignedAcceptance memory signed) internal pure {
        uint64 position = signed.acceptance.position;
        require(position <= signed.root.position, AcceptancePositionInvalid(position, signed.root.position));
        bytes32 root = rootAbove(signed.acceptance, signed.index, signed.count, signed.siblings);
        require(root == signed.root.root, AcceptanceRootDiffers(signed.root.root, root));
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(signed.root));
        ProofOfCompute.requireSigned(digest, signed.signature, ledgerSigner);
    }

    /// @dev The root over an acceptance at a place among `count`. Reverts with `AcceptanceIndexInvalid`, `AcceptanceSiblingsInvalid`.
    function rootAbove(
        Acceptance memory acceptance,
        uint32 index,
        uint32 count,
        bytes32[] memory siblings
    ) internal pure returns (bytes32 node) {
        require(index < count && count <= COUNT_MAX, AcceptanceIndexInvalid(index, count));
        node = keccak256(abi.encodePacked(bytes1(0), ProofOfCompute.structHash(acceptance)));
        uint256 used = 0;
        for (; count > 1; count = (count + 1) >> 1) {
            if (index ^ 1 < count) {
                require(used < siblings.length, AcceptanceSiblingsInvalid(siblings.length));
                bytes32 sibling = siblings[used++];
                node = index & 1 == 0 ? hashPair(node, sibling) : hashPair(sibling, node);
            }
            index >>= 1;
        }
        require(used == siblings.length, AcceptanceSiblingsInvalid(siblings.length));
    }

    function hashPair(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
