// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {Acceptances} from "../libraries/Acceptances.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {EpochReach} from "../types/Epoch.sol";
import {MILLISECONDS_PER_SECOND, SignedAcceptance} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {
    CertifiedOrder,
    DemandKind,
    OrderClaim,
    Question,
    ReceiptClaim,
    ReceiptEvidence,
    Statement
} from "./Demand.sol";
import {Proofs} from "./Proofs.sol";
import {ReceiptClaims} from "./ReceiptClaims.sol";
import {SignedByNodes} from "./SignedByNodes.sol";

/// @title Holds that must stand as long as their certificates do, and epochs that leave out what was done before they closed.
abstract contract KeptOrders is SignedByNodes {
    /// @inheritdoc IDisputesReceipts
    function demandKept(
        uint64 epoch,
        CertifiedOrder calldata certified,
        bytes32 follows
    ) external returns (bytes32 id) {
        OrderClaim memory order = ReceiptClaims.orderOf(_domain, ledgerSigner, certified);
        EpochReach memory asked = _settlement.reachOf(epoch);
        // What was assigned before the epoch closed is at one of its positions, whatever position the certificate says.
        bool isBefore = order.assignedAtMs / MILLISECONDS_PER_SECOND < asked.closedAt;
        bool isReached = order.position <= asked.journalPosition || isBefore;
        require(isReached, IDisputesAccounts.PositionOutsideEpoch(epoch, order.position));
        uint64 expires = certified.certificate.expires;
        bool isRunning = expires > asked.closedAt || _mayLeaveOutPush(asked.inboxCut, expires);
        require(isRunning, CertificateExpired(expires, asked.closedAt));
        id = disputes.openFor(msg.sender, _keptQuestion(epoch, order), follows);
        emit KeptDemanded(epoch, id, order, certified.certificate, certified.certificateSignature);
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByHold(
        uint64 epoch,
        OrderClaim calldata order,
        Statement calldata payer,
        EntryProof calldata closingHold
    ) external {
        _requireStated(epoch, order.payer, payer);
        SumTree.requireIncluded(payer.closing.holdsRoot, order.orderDigest, closingHold);
        _answer(_keptQuestion(epoch, order));
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByEntry(
        uint64 epoch,
        OrderClaim calldata order,
        Statement calldata payer,
        EntryProof calldata entry
    ) external {
        _requireStated(epoch, order.payer, payer);
        (, uint64 debit) = Proofs.entryIn(payer, order.orderDigest, entry);
        // An entry of nothing gives no ground to demand the receipt, and in the next epoch the hold would have ended before.
        bytes32 place = SumTree.placeOf(order.payer);
        require(debit > 0, IDisputesAccounts.NothingDebited(place, order.orderDigest));
        _answer(_keptQuestion(epoch, order));
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByReceipt(uint64 epoch, ReceiptEvidence calldata evidence) external {
        ReceiptClaim memory claim = ReceiptClaims.claimOf(_domain, ledgerSigner, evidence, type(uint256).max);
        uint64 due = claim.dueMicrocredits;
        require(due == 0, SomethingDue(claim.receiptDigest, due));
        _answer(_keptQuestion(epoch, claim.order));
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByEnd(
        uint64 epoch,
        OrderClaim calldata order,
        Statement calldata payer,
        EntryProof calldata openingHold,
        EntryProof calldata openingLane
    ) external {
        _requireEndedBefore(epoch, order, payer, openingHold, openingLane);
        _answer(_keptQuestion(epoch, order));
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByRelease(uint64 epoch, OrderClaim calldata order, bytes calldata signature) external {
        _requireReleased(order, signature);
        _answer(_keptQuestion(epoch, order));
    }

    /// @inheritdoc IDisputesReceipts
    function cancelStale(uint64 epoch, SignedAcceptance calldata acceptance) external {
        Acceptances.requireSigned(_domain, ledgerSigner, acceptance);
        uint64 position = acceptance.acceptance.position;
        uint64 atSeconds = acceptance.acceptance.atMs / MILLISECONDS_PER_SECOND;
        EpochReach memory stale = _settlement.reachOf(epoch);
        bool isLeftOut = position > stale.journalPosition && atSeconds < stale.closedAt;
        require(isLeftOut, AcceptanceNotLeftOut(position, stale.journalPosition, atSeconds, stale.closedAt));
        emit CancelledAsStale(epoch, position, msg.sender);
        disputes.cancelFor(msg.sender, epoch);
    }

    /// @dev Whether an item that an epoch leaves out arrived early enough to be a push of a receipt under the certificate. To the next epoch,
    /// which covers it, a hold that this one dropped as expired would have ended before.
    function _mayLeaveOutPush(uint64 inboxCut, uint64 expires) private view returns (bool) {
        if (inboxCut >= _settlement.inboxCount()) return false;
        return _settlement.inboxItem(inboxCut).arrivedAt + _pushedBeforeSeconds <= expires;
    }

    function _keptQuestion(uint64 epoch, OrderClaim memory order) private pure returns (Question memory) {
        uint256 value = uint256(keccak256(abi.encode(order)));
        return Question(epoch, DemandKind.Kept, SumTree.placeOf(order.payer), order.orderDigest, value);
    }
}
