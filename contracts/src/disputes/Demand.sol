// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HoldCertificate, JobOrder, Pricing, SpendPermission, UsageReceipt} from "../types/Messages.sol";
import {EntryProof, Leaf, LeafProof} from "../types/SumTreeTypes.sol";

/// @dev What a demand asks for. The numbers are part of ids and events and never change.
enum DemandKind {
    Leaf,
    Statement,
    Reveal,
    Entry,
    Hold,
    Lane,
    Sequence,
    Credit,
    Forced,
    Kept,
    Receipt
}

/// @dev Where a demand stands.
enum DemandState {
    Unknown,
    Open,
    Answered,
    /// @dev Not answered in time: its epoch was cancelled.
    Expired,
    /// @dev Its epoch was cancelled for another reason while it was open.
    Refunded
}

/// @dev The trees that a demand can have revealed.
enum RevealedTree {
    /// @dev The statement: what moved the account in the epoch.
    Entries,
    /// @dev The closing leaf's open holds.
    Holds,
    /// @dev The closing leaf's lanes.
    Lanes,
    /// @dev The epoch's leaves, for which no account is named.
    Leaves
}

/// @dev A demand as kept by the contract, in one storage slot; its arguments are in its id alone.
struct Demand {
    /// @dev Whose bond it is.
    address asker;
    /// @dev Block time in seconds: of an open demand, the last at which it can be answered; of an answered one, that from which
    /// nothing can follow it.
    uint40 deadline;
    uint40 epoch;
    /// @dev How many demands in a row it is, from 1.
    uint8 round;
    DemandState state;
}

/// @dev What a demand asks, of which its id is the hash. Fields that a kind does not use are zero.
struct Question {
    uint64 epoch;
    DemandKind kind;
    /// @dev Where the account's leaf stands; zero when the epoch's leaves are to be revealed.
    bytes32 place;
    /// @dev The key of the entry, hold or lane; for a reveal the path, zero behind its bits.
    bytes32 key;
    /// @dev For a reveal `tree << 8 | bits of the path`; for a credit the least, in microcredits; for a receipt the hash of its
    /// `ReceiptClaim`; for a forced withdrawal the amount asked for, in microcredits; for a kept order `node << 32 | attempt`.
    uint256 value;
}

/// @dev What the poster states about an account in an epoch. A leaf that is absent is all zero.
struct Statement {
    /// @dev The account's leaf under the root of the epoch's parent.
    Leaf opening;
    /// @dev The account's leaf under the root of the epoch.
    Leaf closing;
    /// @dev Root of the tree of entries.
    bytes32 root;
    /// @dev Sum of the tree: credits × 2^64 + debits, in microcredits.
    uint128 sum;
}

/// @dev A statement with the proofs of its two leaves.
struct StatementProof {
    LeafProof opening;
    LeafProof closing;
    bytes32 root;
    uint128 sum;
    /// @dev Any way down the closing holds, for their sum.
    EntryProof holds;
}

/// @dev A receipt that is demanded, and what it is due.
struct ReceiptClaim {
    /// @dev EIP-712 digest of the order, which is the id of the hold and the key of the entries.
    bytes32 orderDigest;
    /// @dev EIP-712 digest of the receipt.
    bytes32 receiptDigest;
    address payer;
    address node;
    /// @dev Who is paid, by the certificate.
    address payoutWallet;
    uint32 attempt;
    uint64 sequence;
    /// @dev The price less the fee, in microcredits.
    uint64 dueMicrocredits;
    /// @dev Whether the ledger has signed that it accepted the receipt; otherwise it stands in the inbox.
    bool isAccepted;
}

/// @dev Everything that shows that a node is due a job's price.
struct ReceiptEvidence {
    JobOrder order;
    bytes orderSignature;
    /// @dev Looked at only when `permissionSignature` is not empty: under it the order's signer is a delegate.
    SpendPermission permission;
    bytes permissionSignature;
    UsageReceipt receipt;
    bytes receiptSignature;
    HoldCertificate certificate;
    bytes certificateSignature;
    /// @dev What the certificate's pricing digest is the EIP-712 `hashStruct` of.
    Pricing pricing;
}

/// @dev What is remembered of a receipt in the inbox.
struct PushedReceipt {
    uint64 inboxIndex;
    /// @dev Block time of arrival, in seconds; 0 when the receipt was not pushed.
    uint64 arrivedAt;
}

/// @dev A movement that debits one account and credits another under the same key.
enum MovementKind {
    /// @dev `Transfer`
    Transfer,
    /// @dev `Purchase`
    Purchase,
    /// @dev `IouRedemption, Iou`
    Redemption,
    /// @dev `EscrowOrder`
    Escrow,
    /// @dev `EscrowOrder, EscrowCapture`
    Capture,
    /// @dev `Withdrawal`
    Withdrawal,
    /// @dev `PayoutInstruction, uint64 journalPosition`
    Instruction,
    /// @dev `uint64 inboxIndex`
    ForcedWithdrawal
}

/// @dev Whom a movement debits and credits.
struct Movement {
    /// @dev The key of both entries.
    bytes32 key;
    /// @dev The digest of the message that the ledger accepts or refuses; zero when there is none.
    bytes32 digest;
    bytes32 debtorPlace;
    bytes32 creditorPlace;
    /// @dev In microcredits; 0 when the message does not say it, for then the debit does.
    uint64 amountMicrocredits;
}

/// @dev What shows that an order was kept, beside a release or a receipt of its node.
enum KeptGround {
    /// @dev It stands in the payer's closing holds.
    ClosingHold,
    /// @dev It did not stand in the payer's opening holds.
    NoOpeningHold,
    /// @dev It has an entry in the payer's statement.
    Entry
}
