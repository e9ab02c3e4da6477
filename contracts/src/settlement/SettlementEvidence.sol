// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {EpochEvidence} from "../libraries/EpochEvidence.sol";
import {CancelReason, RowProof} from "../types/Epoch.sol";
import {Leaf} from "../types/SumTreeTypes.sol";
import {SettlementPosting} from "./SettlementPosting.sol";

/// @title What cancels an epoch in one transaction.
abstract contract SettlementEvidence is SettlementPosting {
    /// @inheritdoc ISettlement
    function cancelWrongRow(RowProof calldata row, RowProof calldata earlier) external {
        CancelReason reason = EpochEvidence.judgeRow(row, earlier);
        _cancelAndSeize(row.epoch, reason, msg.sender);
    }

    /// @inheritdoc ISettlement
    function cancelRowWithoutPrevious(RowProof calldata row, uint32 part, RowProof[] calldata neighbours) external {
        EpochEvidence.requireNoPreviousRow(row, part, neighbours);
        _cancelAndSeize(row.epoch, CancelReason.NoPreviousRow, msg.sender);
    }

    /// @inheritdoc ISettlement
    function cancelUnpaid(
        uint64 id,
        address account,
        Leaf calldata leaf,
        bytes calldata siblings,
        uint64 inboxIndex
    ) external {
        EpochEvidence.requireUnpaid(id, account, leaf, siblings, inboxIndex);
        _cancelAndSeize(id, CancelReason.UnpaidPayable, msg.sender);
    }
}
