// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The keys of movements in a statement that have no signed message of their own.
/// @dev All other movements have the digest of the message that moved them. The preimages differ in length from each other and from
/// those of digests, so that no movement has another's key.
library StatementKeys {
    /// @dev A deposit, a share of emission, a forced withdrawal.
    function ofInboxItem(uint64 index) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("inbox", index));
    }

    /// @dev A payout row, in the statement of the payee's `payable:` leaf.
    function ofRow(uint64 epoch) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("row", epoch));
    }

    /// @dev A payout that a standing instruction asked for, at a position of the journal.
    function ofInstruction(bytes32 instructionDigest, uint64 journalPosition) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("instruction", instructionDigest, journalPosition));
    }
}
