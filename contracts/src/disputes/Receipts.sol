// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Acceptances} from "../libraries/Acceptances.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {DemandKind, PushedReceipt, Question, ReceiptClaim, ReceiptEvidence, Statement} from "./Demand.sol";
import {Proofs} from "./Proofs.sol";
import {ReceiptClaims} from "./ReceiptClaims.sol";
import {SignedByNodes} from "./SignedByNodes.sol";

/// @title Receipts: into the inbox past a ledger that does not take them, and paid by the epoch or by the poster's bond.
abstract contract Receipts is SignedByNodes {
    uint256 private constant MILLISECONDS_PER_SECOND = 1_000;

    /// @dev Between the inbox item's arrival and its turn in the journal, beside D.
    uint64 private constant PUSH_MARGIN_SECONDS = 5 minutes;

    /// @dev How long before its certificate ends a receipt must be pushed, in seconds.
    uint256 private immutable _pushedBeforeSeconds;

    mapping(bytes32 receiptDigest => PushedReceipt) private _pushed;

    /// @dev What the poster's bond has settled of an assignment, in microcredits, before the cap.
    mapping(bytes32 assignment => uint64) private _compensated;

    address private immutable _poster;

    constructor() {
        _poster = disputes.poster();
        _pushedBeforeSeconds = _settlement.inboxAgeSeconds() + PUSH_MARGIN_SECONDS;
    }

    /// @inheritdoc IDisputesReceipts
    function pushReceipt(ReceiptEvidence calldata evidence) external returns (uint64 index) {
        uint256 nowMs = block.timestamp * MILLISECONDS_PER_SECOND;
        uint64 endedAtMs = evidence.receipt.endedAtMs;
        require(endedAtMs <= nowMs, ReceiptFromFuture(endedAtMs, nowMs));
        uint64 expires = evidence.certificate.expires;
        require(block.timestamp + _pushedBeforeSeconds <= expires, PushedTooLate(expires, _pushedBeforeSeconds));
        ReceiptClaim memory claim = _claimOf(evidence, nowMs);
        bytes32 digest = claim.receiptDigest;
        require(_pushed[digest].arrivedAt == 0, ReceiptKnown(digest));

        index = _settlement.inboxCount();
        _pushed[digest] = PushedReceipt(index, uint64(block.timestamp));
        emit ReceiptPushed(index, digest, claim.node, evidence);
        disputes.appendReceipt(claim.node, digest);
    }

    /// @inheritdoc IDisputesReceipts
    function demandReceipt(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id) {
        bool isAccepted = acceptance.signature.length > 0;
        bytes32 digest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(evidence.receipt));
        uint256 untilMs = isAccepted ? _acceptedAtMs(epoch, digest, acceptance) : _arrivedAtMs(epoch, digest);
        ReceiptClaim memory claim = _claimOf(evidence, untilMs);
        claim.isAccepted = isAccepted;
        uint64 compensated = _compensated[_assignmentOf(claim)];
        require(claim.dueMicrocredits > compensated, ReceiptCompensated(digest, compensated));
        id = disputes.openFor(msg.sender, _receiptQuestion(epoch, claim), follows);
        emit ReceiptDemanded(epoch, id, claim);
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByEntry(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payoutWallet,
        EntryProof calldata proof
    ) external {
        _requireStated(epoch, claim.payoutWallet, payoutWallet);
        (uint64 credit, ) = Proofs.entryIn(payoutWallet, claim.orderDigest, proof);
        uint64 due = claim.dueMicrocredits;
        require(credit >= due, IDisputesAccounts.CreditTooSmall(claim.orderDigest, credit, due));
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptBySequence(uint64 epoch, ReceiptClaim calldata claim, Statement calldata node) external {
        _requireStated(epoch, claim.node, node);
        uint64 opening = node.opening.receiptSequence;
        bool isEarlier = !claim.isAccepted && opening >= claim.sequence;
        require(isEarlier, SequenceDoesNotExcuse(claim.sequence, opening));
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByRelease(uint64 epoch, ReceiptClaim calldata claim, bytes calldata signature) external {
        _requireReleased(claim.orderDigest, claim.node, claim.attempt, signature);
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByOther(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata node,
        UsageReceipt calldata other,
        bytes calldata signature
    ) external {
        bytes32 digest = _requireReceipt(other, signature);
        bool isOther = digest != claim.receiptDigest && other.node == claim.node;
        require(isOther, ReceiptNotOther(digest));
        if (other.orderDigest != claim.orderDigest) {
            _requireStated(epoch, claim.node, node);
            uint64 closing = node.closing.receiptSequence;
            bool isReached = other.sequence >= claim.sequence && other.sequence <= closing;
            bool isExcused = isReached && !claim.isAccepted;
            require(isExcused, OtherDoesNotExcuse(claim.sequence, other.sequence, closing));
        }
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
        _requireStated(epoch, claim.payer, payer);
        SumTree.requireAbsent(payer.root, claim.orderDigest, entry);
        SumTree.requireAbsent(payer.opening.holdsRoot, claim.orderDigest, openingHold);
        SumTree.requireAbsent(payer.closing.holdsRoot, claim.orderDigest, closingHold);
        _payOutOfBond(epoch, claim);
    }

    /// @inheritdoc IDisputesReceipts
    function pushedReceipt(bytes32 receiptDigest) external view returns (PushedReceipt memory) {
        return _pushed[receiptDigest];
    }

    /// @inheritdoc IDisputesReceipts
    function compensatedMicrocredits(
        bytes32 orderDigest,
        address node,
        uint32 attempt
    ) external view returns (uint64) {
        return _compensated[keccak256(abi.encode(orderDigest, node, attempt))];
    }

    /// @dev Pays what earlier demands for the same assignment have not; the asker was right, unless all of it was paid before.
    function _payOutOfBond(uint64 epoch, ReceiptClaim calldata claim) private {
        bytes32 assignment = _assignmentOf(claim);
        uint64 before = _compensated[assignment];
        uint64 due = claim.dueMicrocredits;
        if (due <= before) return _answer(_receiptQuestion(epoch, claim));
        _compensated[assignment] = due;
        emit PaidOutOfBond(epoch, claim.receiptDigest, claim.payoutWallet, due - before);
        disputes.answerFor(msg.sender, _receiptQuestion(epoch, claim), true);
        disputes.payOutOfBond(claim.payoutWallet, due - before);
    }

    function _claimOf(ReceiptEvidence calldata evidence, uint256 untilMs) private view returns (ReceiptClaim memory) {
        return ReceiptClaims.claimOf(_domain, ledgerSigner, evidence, untilMs);
    }

    function _acceptedAtMs(
        uint64 epoch,
        bytes32 digest,
        SignedAcceptance calldata acceptance
    ) private view returns (uint256) {
        bytes32 accepted = acceptance.acceptance.digest;
        bool isRelated = accepted == digest && acceptance.acceptance.isAccepted;
        require(isRelated, IDisputesAccounts.AcceptanceUnrelated(digest, accepted));
        Acceptances.requireSigned(_domain, ledgerSigner, acceptance);
        Proofs.requireInEpoch(_settlement, epoch, acceptance.acceptance.position);
        return acceptance.acceptance.atMs;
    }

    function _arrivedAtMs(uint64 epoch, bytes32 digest) private view returns (uint256) {
        PushedReceipt memory pushed = _pushed[digest];
        require(pushed.arrivedAt > 0, ReceiptNotPushed(digest));
        Proofs.requireCovered(_settlement, epoch, pushed.inboxIndex);
        return pushed.arrivedAt * MILLISECONDS_PER_SECOND;
    }

    function _assignmentOf(ReceiptClaim memory claim) private pure returns (bytes32) {
        return keccak256(abi.encode(claim.orderDigest, claim.node, claim.attempt));
    }

    function _receiptQuestion(uint64 epoch, ReceiptClaim memory claim) private pure returns (Question memory) {
        bytes32 place = SumTree.placeOf(claim.payoutWallet);
        uint256 value = uint256(keccak256(abi.encode(claim)));
        return Question(epoch, DemandKind.Receipt, place, claim.orderDigest, value);
    }
}
