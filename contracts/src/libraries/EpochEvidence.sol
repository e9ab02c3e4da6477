// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISettlementExit} from "../interfaces/ISettlementExit.sol";
import {CancelReason, EpochStatus, RowProof, RowsPart} from "../types/Epoch.sol";
import {PayoutRow} from "../types/PayoutRow.sol";
import {Leaf, SumNode} from "../types/SumTreeTypes.sol";
import {PayoutRows} from "./PayoutRows.sol";
import {SumTree} from "./SumTree.sol";

/// @title What is wrong with an epoch, as `Settlement` judges it.
/// @dev Deployed apart, because a contract has 24 576 bytes at most (EIP-170) and these are called seldom. It runs in the place of
/// the settlement contract, whose views it reads at `address(this)`, and writes nothing.
library EpochEvidence {
    using PayoutRows for PayoutRow;

    /// @notice Why `row` is wrong beside an earlier row of its payee.
    /// @dev Reverts with `RowProofInvalid`, `RowsUnrelated`, `RowNotWrong`.
    function judgeRow(RowProof calldata row, RowProof calldata earlier) external view returns (CancelReason) {
        requireProven(row);
        requireProven(earlier);
        uint32 payee = row.row.payeeId();
        require(
            earlier.row.payeeId() == payee && earlier.epoch < row.epoch && counts(earlier.epoch),
            ISettlement.RowsUnrelated()
        );
        uint64 named = row.row.previousEpoch();
        if (earlier.epoch > named) return CancelReason.SkippedRow;
        uint256 expected = uint256(earlier.row.cumulativeMicrocredits()) + row.row.incrementMicrocredits();
        require(
            earlier.epoch == named && row.row.cumulativeMicrocredits() != expected,
            ISettlement.RowNotWrong(row.epoch, payee)
        );
        return CancelReason.WrongCumulative;
    }

    /// @notice Returns when the epoch that `row` names as its previous has no row of the payee, or does not count.
    /// @dev Reverts with `RowProofInvalid`, `RowsUnrelated`, `RowNotWrong`.
    function requireNoPreviousRow(RowProof calldata row, uint32 part, RowProof[] calldata neighbours) external view {
        requireProven(row);
        uint32 payee = row.row.payeeId();
        uint64 named = row.row.previousEpoch();
        require(named != 0, ISettlement.RowNotWrong(row.epoch, payee));
        if (!counts(named)) return;
        if (neighbours.length == 0) requireOutsideParts(named, part, payee);
        else requireBetween(named, part, payee, neighbours);
    }

    /// @notice Returns when the `payable:` leaf of an account is not empty although an item of the epoch is younger than its payee id.
    /// @dev Reverts with `LeafProofInvalid`, `InboxItemUnknown`, `LeafNotWrong`.
    function requireUnpaid(
        uint64 id,
        address account,
        Leaf calldata leaf,
        bytes calldata siblings,
        uint64 inboxIndex
    ) external view {
        requireLeaf(id, SumTree.placeOfPayable(account), leaf, siblings);
        ISettlement settlement = ISettlement(address(this));
        uint32 payeeId = settlement.payeeId(account);
        (, uint64 registeredAt) = settlement.payee(payeeId);
        bool isKnownInTime = payeeId != 0 && registeredAt < settlement.inboxItem(inboxIndex).arrivedAt;
        bool isCovered = inboxIndex < settlement.reachOf(id).inboxCut;
        require(
            isKnownInTime && isCovered && (leaf.available > 0 || leaf.held > 0),
            ISettlement.LeafNotWrong(id, account)
        );
    }

    /// @notice Where the leaf of `treasury`, `rewards` or `clearing` stands.
    /// @dev Reverts with `NameUnknown`.
    function placeOfOwn(string calldata name) external pure returns (bytes32 place) {
        place = SumTree.placeOfName(name);
        require(
            place == SumTree.placeOfName("treasury") ||
                place == SumTree.placeOfName("rewards") ||
                place == SumTree.placeOfName("clearing"),
            ISettlementExit.NameUnknown(name)
        );
    }

    /// @dev Reverts with `LeafProofInvalid`, and as `SumTree.climb` does, unless the leaf stands at its place under root and total of the epoch.
    function requireLeaf(uint64 id, bytes32 place, Leaf calldata leaf, bytes calldata siblings) private view {
        (bytes32 root, uint64 total) = ISettlement(address(this)).leavesOf(id);
        SumNode memory top = SumTree.climb(SumTree.leafNode(place, leaf), place, siblings);
        require(top.hash == root && top.sum == total, ISettlementExit.LeafProofInvalid(id));
    }

    /// @dev Whether an epoch is complete and not cancelled.
    function counts(uint64 id) private view returns (bool) {
        EpochStatus status = ISettlement(address(this)).epochStatus(id);
        return status == EpochStatus.Pending || status == EpochStatus.Final || status == EpochStatus.Finalised;
    }

    function requireProven(RowProof calldata proof) private view {
        RowsPart memory posted = partOf(proof.epoch, proof.part);
        require(
            proof.row.isAt(proof.index, posted.rowCount, posted.root, proof.siblings),
            ISettlement.RowProofInvalid(proof.epoch, proof.part, proof.index)
        );
    }

    /// @dev Shows absence by the ranges of parts: `part` starts above the payee's id and the one before it ends below.
    function requireOutsideParts(uint64 id, uint32 part, uint32 payee) private view {
        uint32 partCount = ISettlement(address(this)).epoch(id).partCount;
        bool isAfter = part == 0 || (part <= partCount && partOf(id, part - 1).lastPayeeId < payee);
        bool isBefore = part == partCount || (part < partCount && partOf(id, part).firstPayeeId > payee);
        require(isAfter && isBefore, ISettlement.RowsUnrelated());
    }

    /// @dev Shows absence inside a part: two adjacent rows enclose the payee's id.
    function requireBetween(uint64 id, uint32 part, uint32 payee, RowProof[] calldata neighbours) private view {
        require(neighbours.length == 2, ISettlement.RowsUnrelated());
        RowProof calldata below = neighbours[0];
        RowProof calldata above = neighbours[1];
        requireProven(below);
        requireProven(above);
        require(
            below.epoch == id &&
                above.epoch == id &&
                below.part == part &&
                above.part == part &&
                uint256(below.index) + 1 == above.index &&
                below.row.payeeId() < payee &&
                payee < above.row.payeeId(),
            ISettlement.RowsUnrelated()
        );
    }

    function partOf(uint64 id, uint32 part) private view returns (RowsPart memory) {
        return ISettlement(address(this)).rowsPart(id, part);
    }
}
