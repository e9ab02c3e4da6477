// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PayoutRow} from "./PayoutRow.sol";

/// @dev What the poster states about an epoch when opening it.
struct EpochHeader {
    /// @dev The epoch it builds on: the head, 0 for the first.
    uint64 parent;
    /// @dev How many inbox items the epoch's books take in.
    uint64 inboxCut;
    /// @dev Position in the journal up to which the epoch reaches.
    uint64 journalPosition;
    /// @dev The journal's time at that position, in seconds, rounded down.
    uint64 closedAt;
    /// @dev Hash of the journal at that position.
    bytes32 journalHash;
    /// @dev Fees that this epoch burns, in microcredits.
    uint64 burnMicrocredits;
    /// @dev Root of the tree of all balances.
    bytes32 leavesRoot;
    /// @dev Sum of all balances (wallets with their holds, treasury, rewards), in microcredits.
    uint64 leavesTotalMicrocredits;
    /// @dev Number of payout rows over all parts.
    uint32 rowCount;
}

/// @dev An epoch as kept by the contract. The order of the fields packs what is read together into one storage slot each: where the epoch
/// stands; how far it reaches; what its books say.
struct Epoch {
    /// @dev Block time at which the last part closed the books, in seconds; 0 until then.
    uint64 completedAt;
    /// @dev Block time before which it cannot be final, in seconds; set on completion, later when demands are open.
    uint64 finalAt;
    /// @dev Number of ancestors, the root included.
    uint32 height;
    /// @dev Demands on it that are open; while there are any it stays pending.
    uint32 openDemands;
    uint32 rowCount;
    uint24 partCount;
    /// @dev Whether its fees are burnt and its payouts can be claimed.
    bool isFinalised;
    uint64 parent;
    uint64 inboxCut;
    uint64 journalPosition;
    /// @dev The journal's time up to which the epoch reaches, in seconds.
    uint64 closedAt;
    bytes32 leavesRoot;
    uint64 leavesTotalMicrocredits;
    uint64 burnMicrocredits;
    /// @dev Block time of opening, in seconds.
    uint64 openedAt;
    uint32 rowsPosted;
    /// @dev Payee id of the last row posted; ids ascend over all parts.
    uint32 lastPayeeId;
    bytes32 journalHash;
    /// @dev Sum of the increments posted so far in this epoch, in microcredits.
    uint128 payoutsMicrocredits;
    /// @dev Payouts of this epoch and its ancestors, in microcredits; set on completion.
    uint128 payoutsTotalMicrocredits;
    /// @dev Burns of this epoch and its ancestors, in microcredits; set on completion.
    uint128 burnsTotalMicrocredits;
}

/// @dev How far an epoch reaches, in the inbox and in the journal; all zero when unknown.
struct EpochReach {
    uint64 parent;
    uint64 inboxCut;
    uint64 journalPosition;
    /// @dev The journal's time up to which the epoch reaches, in seconds.
    uint64 closedAt;
}

/// @dev Where an epoch stands.
enum EpochStatus {
    /// @dev No epoch has this id yet.
    Unknown,
    /// @dev Opened, parts are missing.
    Open,
    /// @dev Its parts were not finished in time, another epoch was opened instead, or it was cancelled while open.
    Lapsed,
    /// @dev Complete and cancellable: its window runs, or a demand on it or on an ancestor is open.
    Pending,
    /// @dev Cancelled after completion, itself or through an ancestor.
    Cancelled,
    /// @dev Its window has passed: it can no longer be cancelled, and anybody may finalise it.
    Final,
    /// @dev Final, its fees are burnt and its payouts can be claimed.
    Finalised
}

/// @dev Why an epoch was cancelled.
enum CancelReason {
    /// @dev The guardian said so.
    Guardian,
    /// @dev A row's cumulative is not the previous row's plus its increment.
    WrongCumulative,
    /// @dev A row names a previous epoch although a newer row of its payee exists.
    SkippedRow,
    /// @dev A row names a previous epoch that has no row of its payee, or that is no ancestor.
    NoPreviousRow,
    /// @dev A wallet waits for a row although its payee id was known in time.
    UnpaidPayable,
    /// @dev A demand was not answered.
    Disputed,
    /// @dev The exit started before it was finalised.
    Exit
}

/// @dev One part of an epoch's rows.
struct RowsPart {
    /// @dev Merkle root of the part's rows, see `PayoutRows`.
    bytes32 root;
    uint32 rowCount;
    uint32 firstPayeeId;
    uint32 lastPayeeId;
}

/// @dev A row with its place and the proof that it was posted there.
struct RowProof {
    uint64 epoch;
    uint32 part;
    /// @dev Index of the row in its part, from 0.
    uint32 index;
    PayoutRow row;
    /// @dev Sibling hashes from the leaf up; a node without sibling is promoted and contributes none.
    bytes32[] siblings;
}
