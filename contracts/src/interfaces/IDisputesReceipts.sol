// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PushedReceipt, ReceiptClaim, ReceiptEvidence, Statement} from "../disputes/Demand.sol";
import {SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";

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

    /// @notice Thrown when a receipt is pushed after its certificate has ended.
    error CertificateExpired(uint64 expires);

    /// @notice Thrown when a receipt is pushed twice.
    error ReceiptKnown(bytes32 receiptDigest);

    /// @notice Thrown when a receipt is demanded whose assignment the poster's bond has settled at least as high.
    error ReceiptCompensated(bytes32 receiptDigest, uint64 compensatedMicrocredits);

    /// @notice Thrown when the node's opening sequence is below the receipt's, and the closing one is not below it, or the ledger has
    /// accepted the receipt, or the epoch covers its inbox item.
    error SequenceDoesNotExcuse(uint64 sequence, uint64 opening, uint64 closing);

    /// @notice Thrown when the certificate ends after the epoch, or the receipt was accepted or pushed before it ended.
    error ReceiptNotLate(bytes32 receiptDigest, uint64 expires, uint64 closedAt);

    /// @notice Thrown when the receipt shown beside the demanded one is that one.
    error ReceiptNotOther(bytes32 receiptDigest);

    /// @notice Thrown when another receipt of the node does not make the demanded one void.
    error OtherDoesNotExcuse(uint64 sequence, uint64 otherSequence, uint64 closing);

    /// @notice Enters a receipt into the inbox, before its certificate ends. Anybody may, once a receipt.
    /// @return index Number of the inbox item.
    /// @dev Reverts with `ReceiptFromFuture`, `CertificateExpired`, `OutcomeUnknown`, `DelegateUnrelated`, `CertificateUnrelated`,
    /// `NothingDue`, `ReceiptKnown`, `ISettlementExit.ExitStarted`, and with the errors of `ProofOfCompute`.
    function pushReceipt(ReceiptEvidence calldata evidence) external returns (uint64 index);

    /// @notice Asks that an epoch pays a receipt. Running time counts up to what the receipt says to be its end, and at most up to the
    /// acceptance, when one is shown, or else to the arrival of its inbox item, when the epoch covers it, or else to the end of the parent.
    /// @param acceptance The ledger's acceptance of the receipt at a position up to the epoch's; none when its signature is empty.
    /// @dev Reverts as `pushReceipt` does for what is shown, and with `ReceiptCompensated`, `IDisputesAccounts.AcceptanceUnrelated`,
    /// `IDisputesAccounts.PositionOutsideEpoch`, and with the errors of `Acceptances`.
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

    /// @notice Shows that an epoch before has settled the receipt, or that one to come will: the node's opening sequence is not below
    /// it, or its closing one is, and the receipt is neither accepted nor in the inbox below the cut.
    /// @dev Reverts with `SequenceDoesNotExcuse`.
    function answerReceiptBySequence(uint64 epoch, ReceiptClaim calldata claim, Statement calldata node) external;

    /// @notice Shows the node's signed release of the assignment.
    /// @dev Reverts with the errors of `ProofOfCompute`.
    function answerReceiptByRelease(uint64 epoch, ReceiptClaim calldata claim, bytes calldata signature) external;

    /// @notice Points out that the certificate ended within the epoch or before, and nothing shows that the receipt came in time.
    /// @dev Reverts with `ReceiptNotLate`.
    function answerReceiptByExpiry(uint64 epoch, ReceiptClaim calldata claim) external;

    /// @notice Shows another receipt of the node that makes the demanded one void: one of the same sequence or assignment; or, unless the
    /// demanded one was accepted or is in the inbox below the cut, one with a higher sequence that the closing leaf has reached.
    /// @param node The node's statement; looked at only for a higher sequence.
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

    /// @notice Where and when a receipt entered the inbox; all zero when it did not.
    function pushedReceipt(bytes32 receiptDigest) external view returns (PushedReceipt memory);

    /// @notice What the poster's bond has settled of an assignment, in microcredits, before the cap.
    function compensatedMicrocredits(bytes32 orderDigest, address node, uint32 attempt) external view returns (uint64);
}
