// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {StatementKeys} from "../libraries/StatementKeys.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {SignedAcceptance} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {DemandKind, Movement, MovementKind, Question, Statement} from "./Demand.sol";
import {AccountDemands} from "./AccountDemands.sol";
import {Proofs} from "./Proofs.sol";

/// @title What an epoch must credit, and the withdrawals that it must carry out.
abstract contract Credits is AccountDemands {
    /// @inheritdoc IDisputesAccounts
    function demandDeposit(uint64 epoch, uint64 index, bytes32 follows) external returns (bytes32 id) {
        InboxItem memory item = _itemOf(epoch, index, InboxKind.Deposit);
        bytes32 key = StatementKeys.ofInboxItem(index);
        return _openCredit(epoch, SumTree.placeOf(item.account), key, item.amountMicrocredits, follows);
    }

    /// @inheritdoc IDisputesAccounts
    function demandAccepted(
        uint64 epoch,
        MovementKind kind,
        bytes calldata message,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id) {
        bool isGround = kind == MovementKind.Transfer ||
            kind == MovementKind.Purchase ||
            kind == MovementKind.Redemption ||
            kind == MovementKind.Capture;
        require(isGround, MovementKindInvalid(kind));
        Movement memory movement = _judge.movementOf(kind, message);
        _judge.requireAccepted(acceptance, movement.digest);
        Proofs.requireInEpoch(settlement, epoch, acceptance.acceptance);
        return _openCredit(epoch, movement.creditorPlace, movement.key, movement.amountMicrocredits, follows);
    }

    /// @inheritdoc IDisputesAccounts
    function demandCounterpart(
        uint64 epoch,
        MovementKind kind,
        bytes calldata message,
        Statement calldata debtor,
        EntryProof calldata proof,
        bytes32 follows
    ) external returns (bytes32 id) {
        Movement memory movement = _judge.movementOf(kind, message);
        _requireStated(epoch, movement.debtorPlace, debtor);
        (, uint64 debit) = Proofs.entryIn(debtor, movement.key, proof);
        require(debit > 0, NothingDebited(movement.debtorPlace, movement.key));
        return _openCredit(epoch, movement.creditorPlace, movement.key, debit, follows);
    }

    /// @inheritdoc IDisputesAccounts
    function answerCredit(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        uint64 leastMicrocredits,
        Statement calldata statement,
        EntryProof calldata proof
    ) external {
        _requireStated(epoch, place, statement);
        (uint64 credit, ) = Proofs.entryIn(statement, key, proof);
        require(credit >= leastMicrocredits, CreditTooSmall(key, credit, leastMicrocredits));
        _answer(Question(epoch, DemandKind.Credit, place, key, leastMicrocredits));
    }

    /// @inheritdoc IDisputesAccounts
    function demandForced(uint64 epoch, uint64 index, bytes32 follows) external returns (bytes32 id) {
        InboxItem memory item = _itemOf(epoch, index, InboxKind.ForcedWithdrawal);
        return _open(_forcedQuestion(epoch, index, item), follows);
    }

    /// @inheritdoc IDisputesAccounts
    function answerForced(
        uint64 epoch,
        uint64 index,
        Statement calldata statement,
        EntryProof calldata proof
    ) external {
        Question memory question = _forcedQuestion(epoch, index, settlement.inboxItem(index));
        _requireStated(epoch, question.place, statement);
        if (statement.closing.available > 0) {
            (, uint64 debit) = Proofs.entryIn(statement, question.key, proof);
            require(debit == question.value, ForcedUnpaid(index, debit, statement.closing.available));
        }
        _answer(question);
    }

    function _openCredit(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        uint64 leastMicrocredits,
        bytes32 follows
    ) private returns (bytes32 id) {
        return _openStated(Question(epoch, DemandKind.Credit, place, key, leastMicrocredits), follows);
    }

    /// @dev An item that the epoch covers and its parent does not.
    function _itemOf(uint64 epoch, uint64 index, InboxKind kind) private view returns (InboxItem memory item) {
        Proofs.requireCovered(settlement, epoch, index);
        item = settlement.inboxItem(index);
        require(item.kind == kind, ItemUnrelated(index, item.kind));
    }

    function _forcedQuestion(
        uint64 epoch,
        uint64 index,
        InboxItem memory item
    ) private pure returns (Question memory) {
        bytes32 key = StatementKeys.ofInboxItem(index);
        return Question(epoch, DemandKind.Forced, SumTree.placeOf(item.account), key, uint256(item.detail));
    }
}
