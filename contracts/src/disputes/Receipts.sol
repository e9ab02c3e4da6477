// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {Epoch} from "../types/Epoch.sol";
import {AssignmentRelease, SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {DemandKind, PushedReceipt, Question, ReceiptClaim, ReceiptEvidence, Statement} from "./Demand.sol";
import {Credits} from "./Credits.sol";

/// @title Receipts: into the inbox past a ledger that does not take them, and paid by the epoch or by the poster's bond.
abstract contract Receipts is Credits, IDisputesReceipts {
    uint256 private constant MILLISECONDS_PER_SECOND = 1_000;

    mapping(bytes32 receiptDigest => PushedReceipt) private _pushed;

    /// @dev Assignments that the poster's bond has paid for.
    mapping(bytes32 assignment => bool) private _isCompensated;

    /// @inheritdoc IDisputesReceipts
    function pushReceipt(ReceiptEvidence calldata evidence) external returns (uint64 index) {
        uint256 nowMs = block.timestamp * MILLISECONDS_PER_SECOND;
        uint64 endedAtMs = evidence.receipt.endedAtMs;
        require(endedAtMs <= nowMs, ReceiptFromFuture(endedAtMs, nowMs));
        uint64 expires = evidence.certificate.expires;
        require(block.timestamp < expires, CertificateExpired(expires));
        ReceiptClaim memory claim = judge.claimOf(evidence, nowMs);
        bytes32 digest = claim.receiptDigest;
        require(_pushed[digest].arrivedAt == 0, ReceiptKnown(digest));

        index = settlement.inboxCount();
        _pushed[digest] = PushedReceipt(index, uint64(block.timestamp));
        emit ReceiptPushed(index, digest, claim.node, evidence);
        settlement.appendReceipt(claim.node, digest);
    }

    /// @inheritdoc IDisputesReceipts
    function demandReceipt(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id) {
        Epoch memory asked = settlement.epoch(epoch);
        bool isAccepted = acceptance.signature.length > 0;
        uint256 untilMs = isAccepted
            ? _acceptedAtMs(epoch, asked, evidence.receipt, acceptance)
            : _countedUntilMs(asked, judge.receiptDigest(evidence.receipt));
        ReceiptClaim memory claim = judge.claimOf(evidence, untilMs);
        claim.isAccepted = isAccepted;
        require(!_isCompensated[_assignmentOf(claim)], ReceiptCompensated(claim.receiptDigest));
        id = _open(_receiptQuestion(epoch, claim), follows);
        emit ReceiptDemanded(epoch, id, claim);
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByEntry(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payoutWallet,
        EntryProof calldata proof
    ) external {
        _requireStated(epoch, SumTree.placeOf(claim.payoutWallet), payoutWallet);
        (uint64 credit, ) = _entryIn(payoutWallet, claim.orderDigest, proof);
        uint64 due = claim.dueMicrocredits;
        require(credit >= due, CreditTooSmall(claim.orderDigest, credit, due));
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptBySequence(uint64 epoch, ReceiptClaim calldata claim, Statement calldata node) external {
        _requireStated(epoch, SumTree.placeOf(claim.node), node);
        uint64 opening = node.opening.receiptSequence;
        uint64 closing = node.closing.receiptSequence;
        bool isEarlier = opening >= claim.sequence;
        bool isLater = closing < claim.sequence && !_isCovered(settlement.epoch(epoch), claim.receiptDigest);
        require(isEarlier || isLater, SequenceDoesNotExcuse(claim.sequence, opening, closing));
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function answerReceiptByRelease(uint64 epoch, ReceiptClaim calldata claim, bytes calldata signature) external {
        AssignmentRelease memory release = AssignmentRelease(claim.orderDigest, claim.node, claim.attempt);
        judge.requireReleased(release, signature);
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
        bytes32 digest = judge.requireReceipt(other, signature, claim.node);
        require(digest != claim.receiptDigest, ReceiptNotOther(digest));
        bool isForked = other.sequence == claim.sequence ||
            (other.orderDigest == claim.orderDigest && other.attempt == claim.attempt);
        if (!isForked) {
            _requireStated(epoch, SumTree.placeOf(claim.node), node);
            uint64 closing = node.closing.receiptSequence;
            bool isSkipped = other.sequence > claim.sequence && other.sequence <= closing && !claim.isAccepted;
            bool isCovered = _isCovered(settlement.epoch(epoch), claim.receiptDigest);
            require(isSkipped && !isCovered, OtherDoesNotExcuse(claim.sequence, other.sequence, closing));
        }
        _answer(_receiptQuestion(epoch, claim));
    }

    /// @inheritdoc IDisputesReceipts
    function compensate(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payer,
        EntryProof calldata entry,
        EntryProof calldata hold
    ) external {
        // Anybody else could have the bond pay what the epoch, or one before it, has paid.
        require(msg.sender == poster, ISettlement.CallerNotPoster(msg.sender));
        _requireStated(epoch, SumTree.placeOf(claim.payer), payer);
        _entryIn(payer, claim.orderDigest, entry);
        SumTree.requireAbsent(payer.root, claim.orderDigest, entry);
        SumTree.requireAbsent(payer.closing.holdsRoot, claim.orderDigest, hold);
        bytes32 assignment = _assignmentOf(claim);
        require(!_isCompensated[assignment], ReceiptCompensated(claim.receiptDigest));
        _isCompensated[assignment] = true;
        emit ReceiptCompensatedBy(epoch, claim.receiptDigest, claim.payoutWallet, claim.dueMicrocredits);
        _answer(_receiptQuestion(epoch, claim), address(0));
        settlement.compensate(claim.payoutWallet, claim.dueMicrocredits);
    }

    /// @inheritdoc IDisputesReceipts
    function pushedReceipt(bytes32 receiptDigest) external view returns (PushedReceipt memory) {
        return _pushed[receiptDigest];
    }

    /// @inheritdoc IDisputesReceipts
    function isCompensated(bytes32 orderDigest, address node, uint32 attempt) external view returns (bool) {
        return _isCompensated[keccak256(abi.encode(orderDigest, node, attempt))];
    }

    function _acceptedAtMs(
        uint64 epoch,
        Epoch memory asked,
        UsageReceipt calldata receipt,
        SignedAcceptance calldata acceptance
    ) private view returns (uint256) {
        judge.requireAccepted(acceptance, judge.receiptDigest(receipt));
        uint64 position = acceptance.acceptance.position;
        require(position <= asked.journalPosition, PositionOutsideEpoch(epoch, position));
        return acceptance.acceptance.atMs;
    }

    /// @dev Until when running time counts without an acceptance.
    function _countedUntilMs(Epoch memory asked, bytes32 receiptDigest) private view returns (uint256) {
        uint64 at = _isCovered(asked, receiptDigest)
            ? _pushed[receiptDigest].arrivedAt
            : settlement.epoch(asked.parent).closedAt;
        return at * MILLISECONDS_PER_SECOND;
    }

    /// @dev Whether the receipt is in the inbox below the epoch's cut.
    function _isCovered(Epoch memory asked, bytes32 receiptDigest) private view returns (bool) {
        PushedReceipt memory pushed = _pushed[receiptDigest];
        return pushed.arrivedAt > 0 && pushed.inboxIndex < asked.inboxCut;
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
