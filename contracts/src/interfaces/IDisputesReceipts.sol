// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeptGround, PushedReceipt, ReceiptClaim, ReceiptEvidence, Statement} from "../disputes/Demand.sol";
import {HoldCertificate, JobOrder, SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {IDisputes} from "./IDisputes.sol";

/// @title How a node comes to its pay when the ledger will not take its receipt, or the epoch leaves it out.
/// @notice The rules for opening and answering demands are those of `IDisputes`. Claims are presented again with each answer.
interface IDisputesReceipts {
    /// @notice Emitted when a receipt enters the inbox, with everything that the ledger needs to settle it.
    event ReceiptPushed(
        uint64 indexed inboxIndex,
        bytes32 indexed receiptDigest,
        address indexed node,
        ReceiptEvidence evidence
    );

    /// @notice Emitted after `Demanded` with what the demand's hash is of.
    event ReceiptDemanded(uint64 indexed epoch, bytes32 indexed id, ReceiptClaim claim);

    /// @notice Emitted when the poster's bond pays for an assignment, up to the cap of `Settlement`.
    event PaidOutOfBond(
        uint64 indexed epoch,
        bytes32 indexed receiptDigest,
        address indexed payoutWallet,
        uint64 dueMicrocredits
    );

    /// @notice Emitted when an epoch is cancelled because it leaves out what was accepted or refused before it closed.
    event CancelledAsStale(uint64 indexed epoch, uint64 position, address canceller);

    /// @notice Thrown when a receipt has an outcome that does not exist.
    error OutcomeUnknown(uint8 outcome);

    /// @notice Thrown when the permission shown is not one of the order's payer.
    error DelegateUnrelated(address payer, address wallet);

    /// @notice Thrown when order, receipt, certificate and pricing do not belong together.
    error CertificateUnrelated(bytes32 certificateDigest);

    /// @notice Thrown when nothing is left of the price after the fee.
    error NothingDue(bytes32 receiptDigest);

    /// @notice Thrown when a receipt that says that its job ends later is pushed.
    error ReceiptFromFuture(uint64 endedAtMs, uint256 nowMs);

    /// @notice Thrown when a receipt is pushed so late that its certificate could end before the journal has it, in seconds.
    error PushedTooLate(uint64 expires, uint256 beforeSeconds);

    /// @notice Thrown when an order is to be kept whose certificate ended within the epoch or before, in seconds.
    error CertificateExpired(uint64 expires, uint64 closedAt);

    /// @notice Thrown when a receipt is demanded without acceptance that was not pushed.
    error ReceiptNotPushed(bytes32 receiptDigest);

    /// @notice Thrown when the ledger signed a message at a position that the epoch reaches, or not before the epoch closed.
    error AcceptanceNotLeftOut(uint64 position, uint64 reachedPosition, uint64 atSeconds, uint64 closedAt);

    /// @notice Thrown when a receipt is pushed twice.
    error ReceiptKnown(bytes32 receiptDigest);

    /// @notice Thrown when a receipt is demanded whose assignment the poster's bond has settled at least as high.
    error ReceiptCompensated(bytes32 receiptDigest, uint64 compensatedMicrocredits);

    /// @notice Thrown when the node's opening sequence is below the receipt's, or the ledger has accepted the receipt.
    error SequenceDoesNotExcuse(uint64 sequence, uint64 opening);

    /// @notice Thrown when the receipt shown beside the demanded one is that one.
    error ReceiptNotOther(bytes32 receiptDigest);

    /// @notice Thrown when another receipt of the node does not make the demanded one void.
    error OtherDoesNotExcuse(uint64 sequence, uint64 otherSequence, uint64 closing);

    /// @notice Enters a receipt into the inbox, at least D and five minutes before its certificate ends. Anybody may, once a receipt.
    /// @return index Number of the inbox item.
    /// @dev Reverts with `ReceiptFromFuture`, `PushedTooLate`, `OutcomeUnknown`, `DelegateUnrelated`, `CertificateUnrelated`,
    /// `NothingDue`, `ReceiptKnown`, `ISettlementExit.ExitStarted`, and with the errors of `ProofOfCompute`.
    function pushReceipt(ReceiptEvidence calldata evidence) external returns (uint64 index);

    /// @notice Asks that an epoch pays a receipt that the ledger accepted in it, or that an inbox item shows which the epoch covers and its
    /// parent does not. Running time counts up to the acceptance, or else the arrival, and never beyond what the receipt says to be its end.
    /// @param acceptance The ledger's acceptance of the receipt; its signature is empty for a receipt in the inbox.
    /// @dev Reverts as `pushReceipt` does for what is shown, and with `ReceiptNotPushed`, `ReceiptCompensated`,
    /// `IDisputesAccounts.ItemOutsideEpoch`, `IDisputesAccounts.AcceptanceUnrelated`, `IDisputesAccounts.PositionOutsideEpoch`, and with
    /// the errors of `Acceptances`.
    function demandReceipt(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Shows that the payout wallet is credited at least what is due.
    /// @dev Reverts with `IDisputesAccounts.CreditTooSmall`.
    function answerReceiptByEntry(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payoutWallet,
        EntryProof calldata proof
    ) external;

    /// @notice Shows that an epoch before has taken a receipt of the node with this sequence or a higher one; only for a receipt in the
    /// inbox.
    /// @dev Reverts with `SequenceDoesNotExcuse`.
    function answerReceiptBySequence(uint64 epoch, ReceiptClaim calldata claim, Statement calldata node) external;

    /// @notice Shows the node's signed release of the assignment.
    /// @dev Reverts with the errors of `ProofOfCompute`.
    function answerReceiptByRelease(uint64 epoch, ReceiptClaim calldata claim, bytes calldata signature) external;

    /// @notice Shows another receipt of the node that makes the demanded one void: one for the same order; or, for a receipt in the inbox,
    /// one with the same or a higher sequence that the closing leaf has reached.
    /// @param node The node's statement; not looked at for the same order.
    /// @dev Reverts with `ReceiptNotOther`, `OtherDoesNotExcuse`, and with the errors of `ProofOfCompute`.
    function answerReceiptByOther(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata node,
        UsageReceipt calldata other,
        bytes calldata signature
    ) external;

    /// @notice Pays what is due out of the poster's bond, because neither the payer's holds, at the opening and at the closing, nor its
    /// statement know the order. Only the poster. The asker has its bond back, unless an earlier demand was paid as much.
    /// @dev Reverts with `ISettlement.CallerNotPoster`, `SumTree.NotAbsent`.
    function answerReceiptByBond(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payer,
        EntryProof calldata entry,
        EntryProof calldata openingHold,
        EntryProof calldata closingHold
    ) external;

    /// @notice Asks that the hold of an order stands, or ended rightly, while the certificate for its node runs.
    /// @dev Reverts with `CertificateUnrelated`, `CertificateExpired`, and with the errors of `ProofOfCompute`.
    function demandKept(
        uint64 epoch,
        JobOrder calldata order,
        HoldCertificate calldata certificate,
        bytes calldata certificateSignature,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Shows by the payer's statement that the order was kept.
    /// @dev Reverts with `SumTree.NotAbsent`, `SumTree.NotIncluded`.
    function answerKept(
        uint64 epoch,
        address payer,
        bytes32 orderDigest,
        address node,
        uint32 attempt,
        KeptGround ground,
        Statement calldata statement,
        EntryProof calldata proof
    ) external;

    /// @notice Shows the node's signed release of the assignment.
    /// @dev Reverts with the errors of `ProofOfCompute`.
    function answerKeptByRelease(
        uint64 epoch,
        address payer,
        bytes32 orderDigest,
        address node,
        uint32 attempt,
        bytes calldata signature
    ) external;

    /// @notice Shows a receipt of the node for the assignment, which ended the hold: one that is due nothing leaves no entry.
    /// @dev Reverts with the errors of `ProofOfCompute`.
    function answerKeptByReceipt(
        uint64 epoch,
        address payer,
        UsageReceipt calldata receipt,
        bytes calldata signature
    ) external;

    /// @notice Cancels a pending epoch by what the ledger signed at a time, in whole seconds, before the epoch closed and at a position
    /// above the epoch's. The caller has the reward. No demand and no bond is needed.
    /// @dev Reverts with `AcceptanceNotLeftOut`, `ISettlement.EpochNotPending`, and with the errors of `Acceptances`.
    function cancelStale(uint64 epoch, SignedAcceptance calldata acceptance) external;

    /// @notice The contract that keeps the demands and takes their bonds.
    function disputes() external view returns (IDisputes);

    /// @notice Whose key signs certificates and acceptances.
    function ledgerSigner() external view returns (address);

    /// @notice Where and when a receipt entered the inbox; all zero when it did not.
    function pushedReceipt(bytes32 receiptDigest) external view returns (PushedReceipt memory);

    /// @notice What the poster's bond has settled of an assignment, in microcredits, before the cap.
    function compensatedMicrocredits(bytes32 orderDigest, address node, uint32 attempt) external view returns (uint64);
}
