// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

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

        uint256 pairCount = count >> 1;
        // The level above the rows: their pairs, and a last row without sibling.
        bytes32[] memory nodes = new bytes32[](count - pairCount);
        (uint256 sum, uint32 lastId, bool isRight) = readPairs(rows, nodes, pairCount, epoch, afterPayeeId);
        if (!isRight) revertAtWrongRow(rows, epoch, afterPayeeId);
        if (count & 1 == 1) {
            PayoutRow last = rowAt(rows, count - 1);
            requireRight(last, lastId, epoch);
            nodes[pairCount] = hashRow(last);
            sum += last.incrementMicrocredits();
            lastId = last.payeeId();
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
        // Each claim climbs here. A word beyond the siblings may be read, and is never taken for one: all of them have to be used, and no
        // more. Two nodes stand in the scratch space, the left one first. No overflow: index and count are below 2^32.
        assembly ("memory-safe") {
            for {} gt(count, 1) {} {
                let side := and(index, 1)
                if or(side, lt(add(index, 1), count)) {
                    mstore(shl(5, side), node)
                    mstore(shl(5, xor(side, 1)), calldataload(add(siblings.offset, shl(5, used))))
                    node := keccak256(0x00, 0x40)
                    used := add(used, 1)
                }
                index := shr(1, index)
                count := shr(1, add(count, 1))
            }
        }
        return used == siblings.length && node == root;
    }

    /// @dev The leaf of a row.
    function hashRow(PayoutRow row) internal pure returns (bytes32 leaf) {
        // The scratch space spares a memory allocation.
        assembly ("memory-safe") {
            mstore(0x00, row)
            leaf := keccak256(0x00, 24)
        }
    }

    /// @dev Checks pairs of rows as `requireRight` does, adds up their increments and writes the node over each pair.
    /// @return sum The increments of the pairs.
    /// @return lastId The payee id of the last row in a pair.
    /// @return isRight Whether all rows in pairs are right; when not, the other answers mean nothing.
    function readPairs(
        bytes calldata rows,
        bytes32[] memory nodes,
        uint256 pairCount,
        uint64 epoch,
        uint32 afterPayeeId
    ) private pure returns (uint256 sum, uint32 lastId, bool isRight) {
        // What a row costs decides what a payout costs; compiled Solidity takes twice the gas. The reads stay within whole pairs, but for
        // the last 8 bytes of a word, which no field and no hash takes in. The nodes have room for the pairs, and the scratch space for
        // the two leaves below one. No overflow: a block's gas bounds the count far below 2^32, and increments are below 2^64.
        assembly ("memory-safe") {
            lastId := afterPayeeId
            isRight := 1
            let node := add(nodes, 0x20)
            let at := rows.offset
            for {
                let end := add(at, mul(pairCount, 48))
            } lt(at, end) {
                at := add(at, 48)
            } {
                let left
                {
                    let row := calldataload(at)
                    let id := shr(224, row)
                    let increment := and(shr(160, row), 0xffffffffffffffff)
                    let cumulative := and(shr(96, row), 0xffffffffffffffff)
                    let previous := and(shr(64, row), 0xffffffff)
                    // Wrong: a cumulative below the increment, or equal to it exactly when there is a previous row.
                    if or(
                        or(iszero(gt(id, lastId)), iszero(increment)),
                        or(
                            or(iszero(lt(previous, epoch)), lt(cumulative, increment)),
                            eq(iszero(sub(cumulative, increment)), gt(previous, 0))
                        )
                    ) {
                        isRight := 0
                        break
                    }
                    sum := add(sum, increment)
                    lastId := id
                    mstore(0x00, row)
                    left := keccak256(0x00, 24)
                }
                {
                    let row := calldataload(add(at, 24))
                    let id := shr(224, row)
                    let increment := and(shr(160, row), 0xffffffffffffffff)
                    let cumulative := and(shr(96, row), 0xffffffffffffffff)
                    let previous := and(shr(64, row), 0xffffffff)
                    if or(
                        or(iszero(gt(id, lastId)), iszero(increment)),
                        or(
                            or(iszero(lt(previous, epoch)), lt(cumulative, increment)),
                            eq(iszero(sub(cumulative, increment)), gt(previous, 0))
                        )
                    ) {
                        isRight := 0
                        break
                    }
                    sum := add(sum, increment)
                    lastId := id
                    mstore(0x00, row)
                    mstore(0x20, keccak256(0x00, 24))
                }
                mstore(0x00, left)
                mstore(node, keccak256(0x00, 0x40))
                node := add(node, 0x20)
            }
        }
    }

    /// @dev Names what is wrong with the first wrong row; kept apart so that right rows do not pay for it.
    function revertAtWrongRow(bytes calldata rows, uint64 epoch, uint32 afterPayeeId) private pure {
        uint32 lastId = afterPayeeId;
        for (uint256 i = 0; i < rows.length / ROW_BYTES; ++i) {
            PayoutRow row = rowAt(rows, i);
            requireRight(row, lastId, epoch);
            lastId = row.payeeId();
        }
    }

    /// @dev Refuses a row whose id does not ascend, that pays nothing, whose previous row is not in an earlier epoch, or whose cumulative
    /// is not its increment when it is the payee's first row, or not more when it is not.
    function requireRight(PayoutRow row, uint32 lastId, uint64 epoch) private pure {
        uint32 id = row.payeeId();
        uint64 increment = row.incrementMicrocredits();
        uint64 cumulative = row.cumulativeMicrocredits();
        uint32 previous = row.previousEpoch();
        require(id > lastId, ISettlement.RowsNotAscending(lastId, id));
        require(increment > 0, ISettlement.RowIncrementZero(id));
        require(previous < epoch, ISettlement.RowPreviousEpochInvalid(id, previous, epoch));
        require(
            previous == 0 ? cumulative == increment : cumulative > increment,
            ISettlement.RowCumulativeInvalid(id, increment, cumulative, previous)
        );
    }

    function rowAt(bytes calldata rows, uint256 index) private pure returns (PayoutRow row) {
        // The caller's index is below the number of whole rows. The mask drops the 8 bytes of the next row.
        assembly ("memory-safe") {
            row := and(calldataload(add(rows.offset, mul(index, 24))), shl(64, not(0)))
        }
    }

    /// @dev The root over a level of nodes, which it consumes.
    function reduce(bytes32[] memory nodes) private pure returns (bytes32 root) {
        // A parent is written where no later pair of its level is read, and two children lie side by side as they are hashed. A last node
        // without sibling moves up as it is. Four pairs at a time spare the loop a third of its gas.
        assembly ("memory-safe") {
            let first := add(nodes, 0x20)
            let count := mload(nodes)
            for {} gt(count, 1) {} {
                let child := first
                let parent := first
                for {
                    let end := add(first, shl(8, shr(3, count)))
                } lt(child, end) {
                    child := add(child, 0x100)
                    parent := add(parent, 0x80)
                } {
                    mstore(parent, keccak256(child, 0x40))
                    mstore(add(parent, 0x20), keccak256(add(child, 0x40), 0x40))
                    mstore(add(parent, 0x40), keccak256(add(child, 0x80), 0x40))
                    mstore(add(parent, 0x60), keccak256(add(child, 0xc0), 0x40))
                }
                for {
                    let end := add(first, shl(6, shr(1, count)))
                } lt(child, end) {
                    child := add(child, 0x40)
                    parent := add(parent, 0x20)
                } {
                    mstore(parent, keccak256(child, 0x40))
                }
                if and(count, 1) {
                    mstore(parent, mload(child))
                }
                count := shr(1, add(count, 1))
            }
            root := mload(first)
        }
    }
}
