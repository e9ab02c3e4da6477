// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Authority} from "../types/DebitEvidence.sol";
import {HoldCertificate, JobOrder, Pricing, UsageReceipt} from "../types/Messages.sol";
import {EntryProof, Leaf, LeafProof} from "../types/SumTreeTypes.sol";

/// @dev What a demand asks for. The numbers are part of ids and events and never change.
enum DemandKind {
    Leaf,
    Statement,
    Reveal,
    Entry,
    Hold,
    Lane,
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
    /// `ReceiptClaim`, for a kept order of its `OrderClaim`; for a forced withdrawal the amount asked for, in microcredits.
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

/// @dev An order that the ledger has certified for a node.
struct OrderClaim {
    /// @dev EIP-712 digest of the order, which is the id of the hold and the key of the entries.
    bytes32 orderDigest;
    address payer;
    address node;
    uint32 attempt;
    /// @dev Journal position of the assignment.
    uint64 position;
    /// @dev Time of the assignment, in milliseconds.
    uint64 assignedAtMs;
    /// @dev The lane of the order's signer, and the order's nonce in it.
    bytes32 laneKey;
    uint64 nonce;
}

/// @dev A receipt that is demanded, and what it is due.
struct ReceiptClaim {
    OrderClaim order;
    /// @dev EIP-712 digest of the receipt.
    bytes32 receiptDigest;
    /// @dev Who is paid, by the certificate.
    address payoutWallet;
    /// @dev The price less the fee, in microcredits.
    uint64 dueMicrocredits;
    /// @dev Whether it is demanded because it is in the inbox.
    bool isPushed;
}

/// @dev An order with its signature, and the ledger's certificate for a node.
struct CertifiedOrder {
    JobOrder order;
    Authority authority;
    HoldCertificate certificate;
    bytes certificateSignature;
}

/// @dev Everything that shows that a node is due a job's price.
struct ReceiptEvidence {
    CertifiedOrder certified;
    UsageReceipt receipt;
    bytes receiptSignature;
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
