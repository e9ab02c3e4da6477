// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    CertifiedOrder,
    OrderClaim,
    PushedReceipt,
    ReceiptClaim,
    ReceiptEvidence,
    Statement
} from "../disputes/Demand.sol";
import {HoldCertificate, SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {IDisputes} from "./IDisputes.sol";

/// @title How a node comes to its pay when the ledger will not take its receipt, or an epoch leaves it out or drops its hold.
/// @notice The rules for opening and answering demands are those of `IDisputes`, which keeps them and takes the bonds. Everything about a
/// demand is checked when it is opened; its claim is presented again with each answer. Pay hangs on the hold alone: no sequence is looked at.
/// Anybody may answer, but for `answerReceiptByBond`. What is signed is refused with the errors of `ProofOfCompute`, `Authorities` and
/// `Acceptances`.
interface IDisputesReceipts {
    /// @notice Emitted when a receipt enters the inbox, with everything that the ledger needs to settle it.
    event ReceiptPushed(
        uint64 indexed inboxIndex,
        bytes32 indexed receiptDigest,
        address indexed node,
        ReceiptEvidence evidence
    );

    /// @notice Emitted after `IDisputes.Demanded` with what the demand's hash is of.
    event ReceiptDemanded(uint64 indexed epoch, bytes32 indexed id, ReceiptClaim claim);

    /// @notice Emitted after `IDisputes.Demanded` with what the demand's hash is of, and with the certificate that was shown: the poster needs it
    /// to answer with a receipt that is due nothing, and a contract that asks need not have it in any calldata.
    event KeptDemanded(
        uint64 indexed epoch,
        bytes32 indexed id,
        OrderClaim order,
        HoldCertificate certificate,
        bytes certificateSignature
    );

    /// @notice Emitted when the poster's bond pays for an order, up to the cap of `Settlement`.
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

    /// @notice Thrown when a certificate is not of the order shown.
    error CertificateUnrelated(bytes32 certificateDigest);

    /// @notice Thrown when a receipt or a pricing is not that of the certificate shown.
    error ReceiptUnrelated(bytes32 receiptDigest);

    /// @notice Thrown when nothing is left of the price after the fee.
    error NothingDue(bytes32 receiptDigest);

    /// @notice Thrown when a receipt that is to show that nothing is due is due something, in microcredits.
    error SomethingDue(bytes32 receiptDigest, uint64 dueMicrocredits);

    /// @notice Thrown when a receipt that says that its job ends later is pushed.
    error ReceiptFromFuture(uint64 endedAtMs, uint256 nowMs);

    /// @notice Thrown when a receipt is pushed so late that its certificate could end before the journal has it, in seconds.
    error PushedTooLate(uint64 expires, uint256 beforeSeconds);

    /// @notice Thrown when a receipt is pushed twice.
    error ReceiptKnown(bytes32 receiptDigest);

    /// @notice Thrown when a receipt is said to be in the inbox and is not, or is not demanded for that.
    error ReceiptNotPushed(bytes32 receiptDigest);

    /// @notice Thrown when a receipt is demanded for an order that the poster's bond has paid to the node.
    error OrderCompensated(bytes32 orderDigest, address node);

    /// @notice Thrown when an order is to be kept whose certificate ended within the epoch or before, in seconds, while the epoch covers each
    /// receipt that was pushed in time.
    error CertificateExpired(uint64 expires, uint64 closedAt);

    /// @notice Thrown when an order had not been certified, by position and by time, or its nonce not been used, when the epoch began.
    error NotEndedBefore(bytes32 orderDigest, uint64 nonce, uint128 laneNonce, uint64 position, uint64 openingPosition);

    /// @notice Thrown when the receipt shown beside the demanded one is that one, of another node, or for another order.
    error ReceiptNotOther(bytes32 receiptDigest);

    /// @notice Thrown when the ledger signed a message at a position that the epoch reaches, or not before the epoch closed.
    error AcceptanceNotLeftOut(uint64 position, uint64 reachedPosition, uint64 atSeconds, uint64 closedAt);

    /// @notice Enters a receipt into the inbox, at least D and five minutes before its certificate ends. Anybody may, once a receipt.
    /// @return index Number of the inbox item.
    /// @dev Reverts with `ReceiptFromFuture`, `PushedTooLate`, `OutcomeUnknown`, `CertificateUnrelated`, `ReceiptUnrelated`, `NothingDue`,
    /// `ReceiptKnown`, `ISettlementExit.ExitStarted`.
    function pushReceipt(ReceiptEvidence calldata evidence) external returns (uint64 index);

    /// @notice Asks that an epoch pays a receipt whose inbox item it covers and its parent does not. Running time counts up to the item's
    /// arrival, and never beyond what the receipt says to be its end.
    /// @return id The id of the demand, as with all functions that open one.
    /// @dev Reverts as `pushReceipt` does for what is shown, and with `ReceiptNotPushed`, `IDisputesAccounts.ItemOutsideEpoch`,
    /// `OrderCompensated`.
    function demandPushed(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Asks that an epoch pays a receipt that the ledger accepted in it, as `IDisputesAccounts.demandAccepted` does. Running time
    /// counts up to the acceptance, and never beyond what the receipt says to be its end.
    /// @dev Reverts as `pushReceipt` does for what is shown, and with `IDisputesAccounts.AcceptanceUnrelated`,
    /// `IDisputesAccounts.PositionOutsideEpoch`, `OrderCompensated`.
    function demandAcceptedReceipt(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Asks that an epoch pays a receipt whose order it debits. Running time counts up to the end of the parent, and never beyond
    /// what the receipt says to be its end.
    /// @param payer The payer's statement.
    /// @param entry The order's entry in it.
    /// @dev Reverts as `pushReceipt` does for what is shown, and with `IDisputesAccounts.NothingDebited`, `OrderCompensated`.
    function demandDebited(
        uint64 epoch,
        ReceiptEvidence calldata evidence,
        Statement calldata payer,
        EntryProof calldata entry,
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

    /// @notice Shows, for a receipt in the inbox, that the order's hold had ended when the epoch began: it does not stand in the payer's
    /// opening holds, its nonce is not above its lane's opening nonce, and the certificate's position is not above the parent's, nor its second
    /// after the parent's `closedAt`.
    /// @dev Reverts with `ReceiptNotPushed`, `SumTree.NotAbsent`, `SumTree.NotIncluded`, `NotEndedBefore`.
    function answerReceiptByEnd(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payer,
        EntryProof calldata openingHold,
        EntryProof calldata openingLane
    ) external;

    /// @notice Shows the node's signed release of the certified assignment; one of another attempt says nothing of it.
    /// @dev Reverts with `ProofOfCompute.SignerDiffers`.
    function answerReceiptByRelease(uint64 epoch, ReceiptClaim calldata claim, bytes calldata signature) external;

    /// @notice Shows another receipt that the node signed for the same order.
    /// @dev Reverts with `ReceiptNotOther`.
    function answerReceiptByOther(
        uint64 epoch,
        ReceiptClaim calldata claim,
        UsageReceipt calldata other,
        bytes calldata signature
    ) external;

    /// @notice Pays what is due out of the poster's bond, once for an order and a node, because neither the payer's holds, at the opening and at the
    /// closing, nor its statement know it. Only the poster. The asker has its bond back, unless an earlier demand was paid.
    /// @dev Reverts with `ISettlement.CallerNotPoster`, `SumTree.NotAbsent`, `ISettlementDisputed.BondTooSmall`.
    function answerReceiptByBond(
        uint64 epoch,
        ReceiptClaim calldata claim,
        Statement calldata payer,
        EntryProof calldata entry,
        EntryProof calldata openingHold,
        EntryProof calldata closingHold
    ) external;

    /// @notice Asks that the hold of an order, certified up to the epoch's position or before it closed, stands, or ended rightly, while the
    /// certificate runs, or while the epoch leaves out an inbox item that arrived early enough to be a push of its receipt.
    /// @dev Reverts with `CertificateUnrelated`, `IDisputesAccounts.PositionOutsideEpoch`, `CertificateExpired`.
    function demandKept(
        uint64 epoch,
        CertifiedOrder calldata certified,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Shows the order in the payer's closing holds.
    /// @dev Reverts with `SumTree.NotIncluded`.
    function answerKeptByHold(
        uint64 epoch,
        OrderClaim calldata order,
        Statement calldata payer,
        EntryProof calldata closingHold
    ) external;

    /// @notice Shows that the payer's statement debits the order.
    /// @dev Reverts with `IDisputesAccounts.NothingDebited`.
    function answerKeptByEntry(
        uint64 epoch,
        OrderClaim calldata order,
        Statement calldata payer,
        EntryProof calldata entry
    ) external;

    /// @notice Shows a receipt of the node that is due nothing, whenever it came: it ended the hold and left no debit.
    /// @dev Reverts as `pushReceipt` does for what is shown, and with `SomethingDue`.
    function answerKeptByReceipt(uint64 epoch, ReceiptEvidence calldata evidence) external;

    /// @notice Shows that the order's hold had ended when the epoch began, as `answerReceiptByEnd` does.
    /// @dev Reverts with `SumTree.NotAbsent`, `SumTree.NotIncluded`, `NotEndedBefore`.
    function answerKeptByEnd(
        uint64 epoch,
        OrderClaim calldata order,
        Statement calldata payer,
        EntryProof calldata openingHold,
        EntryProof calldata openingLane
    ) external;

    /// @notice Shows the node's signed release of the certified assignment, as `answerReceiptByRelease` does.
    /// @dev Reverts with `ProofOfCompute.SignerDiffers`.
    function answerKeptByRelease(uint64 epoch, OrderClaim calldata order, bytes calldata signature) external;

    /// @notice Cancels a pending epoch by what the ledger signed at a time, in whole seconds, before the epoch closed and at a position
    /// above the epoch's. The caller has the reward. No demand and no bond is needed.
    /// @dev Reverts with `AcceptanceNotLeftOut`, `ISettlement.EpochNotPending`.
    function cancelStale(uint64 epoch, SignedAcceptance calldata acceptance) external;

    /// @notice The contract that keeps the demands and takes their bonds.
    function disputes() external view returns (IDisputes);

    /// @notice Whose key signs certificates and acceptances.
    function ledgerSigner() external view returns (address);

    /// @notice Where and when a receipt entered the inbox; all zero when it did not.
    function pushedReceipt(bytes32 receiptDigest) external view returns (PushedReceipt memory);

    /// @notice Whether the poster's bond has paid a node for an order.
    function isCompensated(bytes32 orderDigest, address node) external view returns (bool);
}
