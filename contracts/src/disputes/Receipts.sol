// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Acceptances} from "../libraries/Acceptances.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {JobOrder, MILLISECONDS_PER_SECOND, SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {DemandKind, PushedReceipt, Question, ReceiptClaim, ReceiptEvidence, Statement} from "./Demand.sol";
import {Proofs} from "./Proofs.sol";
import {ReceiptClaims} from "./ReceiptClaims.sol";
import {SignedByNodes} from "./SignedByNodes.sol";

/// @title Receipts: into the inbox past a ledger that does not take them, and paid by the epoch or by the poster's bond.
abstract contract Receipts is SignedByNodes {
    mapping(bytes32 receiptDigest => PushedReceipt) private _pushed;

    /// @inheritdoc IDisputesReceipts
    mapping(bytes32 orderDigest => mapping(address node => bool)) public isCompensated;

    address private immutable _poster;

    constructor() {
        _poster = disputes.poster();
    }

    /// @inheritdoc IDisputesReceipts
    function pushReceipt(ReceiptEvidence calldata evidence) external returns (uint64 index) {
        uint256 nowMs = block.timestamp * MILLISECONDS_PER_SECOND;
        uint64 endedAtMs = evidence.receipt.endedAtMs;
        require(endedAtMs <= nowMs, ReceiptFromFuture(endedAtMs, nowMs));
        uint64 expires = evidence.certified.certificate.expires;
        require(block.timestamp + _pushedBeforeSeconds <= expires, PushedTooLate(expires, _pushedBeforeSeconds));
        // Read once: code that encodes it for the event out of calldata is larger.
        ReceiptEvidence memory shown = evidence;
        ReceiptClaim memory claim = _payableClaim(shown, nowMs);
        bytes32 digest = claim.receiptDigest;
        require(_pushed[digest].arrivedAt == 0, ReceiptKnown(digest));

        index = _settlement.inboxCount();
        _pushed[digest] = PushedReceipt(index, uint64(block.timestamp));
        emit ReceiptPushed(index, digest, claim.order.node, shown);
        disputes.appendReceipt(claim.order.node, digest);
    }

    /// @inheritdoc IDisputesReceipts
    function demandPushed(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        bytes32 follows
    ) external returns (bytes32 id) {
        bytes32 digest = _digestOf(evidence.receipt);
        PushedReceipt memory pushed = _pushed[digest];
        require(pushed.arrivedAt > 0, ReceiptNotPushed(digest));
        Proofs.requireCovered(_settlement, epoch, pushed.inboxIndex);
        return _openReceipt(epoch, evidence, pushed.arrivedAt * MILLISECONDS_PER_SECOND, true, follows);
    }

    /// @inheritdoc IDisputesReceipts
    function demandAcceptedReceipt(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id) {
        bytes32 digest = _digestOf(evidence.receipt);
        bytes32 accepted = acceptance.acceptance.digest;
        bool isRelated = accepted == digest && acceptance.acceptance.isAccepted;
        require(isRelated, IDisputesAccounts.AcceptanceUnrelated(digest, accepted));
        Acceptances.requireSigned(_domain, ledgerSigner, acceptance);
        Proofs.requireInEpoch(_settlement, epoch, acceptance.acceptance);
        return _openReceipt(epoch, evidence, acceptance.acceptance.atMs, false, follows);
    }

    /// @inheritdoc IDisputesReceipts
    function demandDebited(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        Statement calldata payer,
        EntryProof calldata entry,
        bytes32 follows
    ) external returns (bytes32 id) {
        JobOrder calldata order = evidence.certified.order;
        _requireStated(epoch, order.payer, payer);
        bytes32 key = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(order));
        (, uint64 debit) = Proofs.entryIn(payer, key, entry);
        require(debit > 0, IDisputesAccounts.NothingDebited(SumTree.placeOf(order.payer), key));
        uint64 closedAt = _settlement.reachOf(_settlement.reachOf(epoch).parent).closedAt;
        return _openReceipt(epoch, evidence, closedAt * MILLISECONDS_PER_SECOND, false, follows);
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByEntry(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payoutWallet,
        EntryProof calldata proof
    ) external {
        _requireStated(epoch, claim.payoutWallet, payoutWallet);
        (uint64 credit, ) = Proofs.entryIn(payoutWallet, claim.order.orderDigest, proof);
        uint64 due = claim.dueMicrocredits;
        require(credit >= due, IDisputesAccounts.CreditTooSmall(claim.order.orderDigest, credit, due));
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByEnd(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payer,
        EntryProof calldata openingHold,
        EntryProof calldata openingLane
    ) external {
        require(claim.isPushed, ReceiptNotPushed(claim.receiptDigest));
        _requireEndedBefore(epoch, claim.order, payer, openingHold, openingLane);
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByRelease(uint64 epoch, ReceiptClaim calldata claim, bytes calldata signature) external {
        _requireReleased(claim.order, signature);
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByOther(
        uint64 epoch,
        ReceiptClaim calldata claim,
        UsageReceipt calldata other,
        bytes calldata signature
    ) external {
        bytes32 digest = _digestOf(other);
        bool isOther = digest != claim.receiptDigest &&
            other.node == claim.order.node &&
            other.orderDigest == claim.order.orderDigest;
        require(isOther, ReceiptNotOther(digest));
        ProofOfCompute.requireSigned(digest, signature, other.node);
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByBond(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payer,
        EntryProof calldata entry,
        EntryProof calldata openingHold,
        EntryProof calldata closingHold
    ) external {
        // Anybody else could have the bond pay what the epoch, or one before it, has paid.
        require(msg.sender == _poster, ISettlement.CallerNotPoster(msg.sender));
        _requireStated(epoch, claim.order.payer, payer);
        SumTree.requireAbsent(payer.root, claim.order.orderDigest, entry);
        SumTree.requireAbsent(payer.opening.holdsRoot, claim.order.orderDigest, openingHold);
        SumTree.requireAbsent(payer.closing.holdsRoot, claim.order.orderDigest, closingHold);
        _payOutOfBond(epoch, claim);
    }

    /// @inheritdoc IDisputesReceipts
    function pushedReceipt(bytes32 receiptDigest) external view returns (PushedReceipt memory) {
        return _pushed[receiptDigest];
    }

    /// @dev A node is paid once for an order; the asker was right, unless that was on an earlier demand.
    function _payOutOfBond(uint64 epoch, ReceiptClaim calldata claim) private {
        mapping(address => bool) storage isPaid = isCompensated[claim.order.orderDigest];
        if (isPaid[claim.order.node]) return _answer(_receiptQuestion(epoch, claim));
        isPaid[claim.order.node] = true;
        emit PaidOutOfBond(epoch, claim.receiptDigest, claim.payoutWallet, claim.dueMicrocredits);
        disputes.answerFor(msg.sender, _receiptQuestion(epoch, claim), true);
        disputes.payOutOfBond(claim.payoutWallet, claim.dueMicrocredits);
    }

    function _openReceipt(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        uint256 untilMs,
        bool isPushed,
        bytes32 follows
    ) private returns (bytes32 id) {
        ReceiptClaim memory claim = _payableClaim(evidence, untilMs);
        claim.isPushed = isPushed;
        bytes32 orderDigest = claim.order.orderDigest;
        address node = claim.order.node;
        require(!isCompensated[orderDigest][node], OrderCompensated(orderDigest, node));
        id = disputes.openFor(msg.sender, _receiptQuestion(epoch, claim), follows);
        emit ReceiptDemanded(epoch, id, claim);
    }

    function _payableClaim(
        ReceiptEvidence memory evidence,
        uint256 untilMs
    ) private view returns (ReceiptClaim memory claim) {
        claim = ReceiptClaims.claimOf(_domain, ledgerSigner, evidence, untilMs);
        require(claim.dueMicrocredits > 0, NothingDue(claim.receiptDigest));
    }

    function _digestOf(UsageReceipt calldata receipt) private view returns (bytes32) {
        return ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(receipt));
    }

    function _receiptQuestion(uint64 epoch, ReceiptClaim memory claim) private pure returns (Question memory) {
        bytes32 place = SumTree.placeOf(claim.payoutWallet);
        uint256 value = uint256(keccak256(abi.encode(claim)));
        return Question(epoch, DemandKind.Receipt, place, claim.order.orderDigest, value);
    }
}
