// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {PayoutRow} from "../types/PayoutRow.sol";

/// @title Reads, adds up and proves payout rows.
/// @dev The tree of a part: a leaf is the Keccak-256 of a row's 24 bytes, an inner node that of its children's 64 bytes, left one
/// first; the last node of a level without sibling moves up unchanged. The two lengths keep leaves and inner nodes apart: no
/// inner node can be shown as a row. Positions are fixed by index and count, so a proof shows where a row stands.
library PayoutRows {
    /// @dev Bytes of a row in calldata.
    uint256 internal constant ROW_BYTES = 24;

    /// @dev What a part of rows amounts to.
    struct Summary {
        bytes32 root;
        uint256 payoutsMicrocredits;
        uint256 rowCount;
        uint32 firstPayeeId;
        uint32 lastPayeeId;
    }

    /// @dev Checks each row by itself and against the one before it, adds up the increments and computes the Merkle root.
    /// @param epoch The epoch that the rows belong to.
    /// @param afterPayeeId Payee id of the last row of the part before, 0 for the first part.
    /// Reverts with `RowsLengthInvalid`, `RowsNotAscending`, `RowIncrementZero`, `RowCumulativeInvalid`, `RowPreviousEpochInvalid`.
    function summarise(
        bytes calldata rows,
        uint64 epoch,
        uint32 afterPayeeId
    ) internal pure returns (Summary memory summary) {
        uint256 count = rows.length / ROW_BYTES;
        require(count > 0 && rows.length == count * ROW_BYTES, ISettlement.RowsLengthInvalid(rows.length));

        bytes32[] memory nodes = new bytes32[](count);
        uint256 sum = 0;
        uint32 lastId = afterPayeeId;
        // No overflow: a block's gas bounds the count far below 2^32, and the increments are below 2^64 each.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                PayoutRow row = rowAt(rows, i);
                uint32 id = row.payeeId();
                if (id <= lastId || !isConsistent(row, epoch)) revertBecauseOf(row, lastId, epoch);
                sum += row.incrementMicrocredits();
                setLeaf(nodes, i, row);
                lastId = id;
            }
        }

        summary.root = reduce(nodes);
        summary.payoutsMicrocredits = sum;
        summary.rowCount = count;
        summary.firstPayeeId = rowAt(rows, 0).payeeId();
        summary.lastPayeeId = lastId;
    }

    /// @dev Whether `siblings` show `row` at `index` of a part with `count` rows and this `root`.
    function isAt(
        PayoutRow row,
        uint256 index,
        uint256 count,
        bytes32 root,
        bytes32[] calldata siblings
    ) internal pure returns (bool) {
        if (index >= count) return false;
        bytes32 node = hashRow(row);
        uint256 used = 0;
        while (count > 1) {
            bool isPromoted = index & 1 == 0 && index + 1 == count;
            if (!isPromoted) {
                if (used == siblings.length) return false;
                bytes32 sibling = siblings[used++];
                node = index & 1 == 0
                    ? Hashes.efficientKeccak256(node, sibling)
                    : Hashes.efficientKeccak256(sibling, node);
            }
            index >>= 1;
            count = (count + 1) >> 1;
        }
        return used == siblings.length && node == root;
    }

    /// @dev The leaf of a row.
    function hashRow(PayoutRow row) internal pure returns (bytes32 leaf) {
        // A leaf is hashed for each row of a part: the scratch space spares a memory allocation a row, whose cost grows with the
        // square of the part's length.
        assembly ("memory-safe") {
            mstore(0x00, row)
            leaf := keccak256(0x00, 24)
        }
    }

    /// @dev Whether a row's fields fit each other: it pays something, its cumulative is its increment when it is the payee's first
    /// row and more when it is not, and the previous row is in an earlier epoch.
    function isConsistent(PayoutRow row, uint64 epoch) private pure returns (bool) {
        uint64 increment = row.incrementMicrocredits();
        uint64 cumulative = row.cumulativeMicrocredits();
        uint32 previous = row.previousEpoch();
        if (increment == 0 || previous >= epoch) return false;
        return previous == 0 ? cumulative == increment : cumulative > increment;
    }

    /// @dev Names what is wrong with a row that was refused; kept apart so that good rows do not pay for it.
    function revertBecauseOf(PayoutRow row, uint32 lastId, uint64 epoch) private pure {
        uint32 id = row.payeeId();
        uint64 increment = row.incrementMicrocredits();
        uint32 previous = row.previousEpoch();
        require(id > lastId, ISettlement.RowsNotAscending(lastId, id));
        require(increment > 0, ISettlement.RowIncrementZero(id));
        require(previous < epoch, ISettlement.RowPreviousEpochInvalid(id, previous, epoch));
        revert ISettlement.RowCumulativeInvalid(id, increment, row.cumulativeMicrocredits(), previous);
    }

    function rowAt(bytes calldata rows, uint256 index) private pure returns (PayoutRow row) {
        // The caller's index is below the number of whole rows. The mask drops the 8 bytes of the next row.
        assembly ("memory-safe") {
            row := and(calldataload(add(rows.offset, mul(index, 24))), shl(64, not(0)))
        }
    }

    function setLeaf(bytes32[] memory nodes, uint256 index, PayoutRow row) private pure {
        bytes32 leaf = hashRow(row);
        // The caller's index is below the number of nodes; the check would cost as much as the hash.
        assembly ("memory-safe") {
            mstore(add(add(nodes, 0x20), shl(5, index)), leaf)
        }
    }

    /// @dev Consumes `nodes`.
    function reduce(bytes32[] memory nodes) private pure returns (bytes32) {
        uint256 count = nodes.length;
        // No overflow: all numbers are at most the number of nodes.
        unchecked {
            while (count > 1) {
                uint256 pairs = count >> 1;
                for (uint256 i = 0; i < pairs; ++i) hashPair(nodes, i);
                if (count & 1 == 1) nodes[pairs] = nodes[count - 1];
                count = pairs + (count & 1);
            }
        }
        return nodes[0];
    }

    /// @dev Writes the parent of nodes `2 * index` and `2 * index + 1` to `index`, which no later pair reads.
    function hashPair(bytes32[] memory nodes, uint256 index) private pure {
        // The caller's pairs lie within the nodes, and the two children lie side by side as they are hashed.
        assembly ("memory-safe") {
            let first := add(nodes, 0x20)
            mstore(add(first, shl(5, index)), keccak256(add(first, shl(6, index)), 0x40))
        }
    }
}
