// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {
    EscrowCapture,
    EscrowOrder,
    IouRedemption,
    JobOrder,
    PayoutInstruction,
    Purchase,
    SpendPermission,
    Transfer,
    UsageReceipt,
    Withdrawal
} from "./Messages.sol";
import {PayoutRow} from "./PayoutRow.sol";
import {EntryProof, Leaf} from "./SumTreeTypes.sol";

/// @dev An account in an epoch, as a judge sees it. Times in seconds.
struct Case {
    /// @dev Where the account's leaf stands.
    bytes32 place;
    /// @dev The account's leaf under the root of the epoch's parent; all zero when it has none.
    Leaf opening;
    /// @dev The account's leaf under the root of the epoch; all zero when it has none.
    Leaf closing;
    uint64 epoch;
    uint64 closedAt;
    uint64 parentClosedAt;
    uint64 parentInboxCut;
    uint64 inboxCut;
    /// @dev `ProofOfCompute.domainSeparator` of the settlement contract.
    bytes32 domain;
    ISettlement settlement;
}

/// @dev What can allow a debit. Evidence is the number in 32 bytes, followed by the ABI encoding of the struct that is named. The numbers
/// are part of answers and never change.
enum DebitKind {
    /// @dev `TransferEvidence`
    Transfer,
    /// @dev `PurchaseEvidence`
    Purchase,
    /// @dev `RedemptionEvidence`
    Redemption,
    /// @dev `WithdrawalEvidence`
    Withdrawal,
    /// @dev `JobEvidence`
    Job,
    /// @dev `EscrowEvidence`
    Escrow,
    /// @dev `InstructionEvidence`
    Instruction,
    /// @dev `RowEvidence`
    Row,
    /// @dev `uint64`: number of the inbox item
    ForcedWithdrawal
}

/// @dev What can allow a hold. Encoded as the evidence of debits is.
enum HoldKind {
    /// @dev `JobHoldEvidence`
    Job,
    /// @dev `EscrowHoldEvidence`
    Escrow
}

/// @dev Who signed a message for a wallet.
struct Authority {
    bytes signature;
    /// @dev Looked at only when `permissionSignature` is not empty: then a delegate signed the message.
    SpendPermission permission;
    bytes permissionSignature;
}

/// @dev The lane of the message's signer, in the opening and in the closing leaf.
struct LaneProofs {
    EntryProof opening;
    EntryProof closing;
}

/// @dev Why an order counts: its hold stood when the epoch began, or its nonce is fresh.
struct OrderOrigin {
    bool isStanding;
    /// @dev The order in the opening holds; looked at only when it stands there.
    EntryProof openingHold;
    /// @dev Looked at only when the order does not stand in the opening holds.
    LaneProofs lanes;
}

struct TransferEvidence {
    Transfer message;
    Authority authority;
    LaneProofs lanes;
}

struct PurchaseEvidence {
    Purchase message;
    Authority authority;
    LaneProofs lanes;
}

struct RedemptionEvidence {
    IouRedemption message;
    bytes signature;
    LaneProofs lanes;
}

struct WithdrawalEvidence {
    Withdrawal message;
    bytes signature;
    LaneProofs lanes;
}

struct JobHoldEvidence {
    JobOrder order;
    Authority authority;
    OrderOrigin origin;
}

struct EscrowHoldEvidence {
    EscrowOrder order;
    Authority authority;
    OrderOrigin origin;
}

struct JobEvidence {
    JobHoldEvidence hold;
    UsageReceipt receipt;
    bytes receiptSignature;
    /// @dev That the order does not stand in the closing holds.
    EntryProof closingHold;
}

struct EscrowEvidence {
    EscrowHoldEvidence hold;
    EscrowCapture capture;
    /// @dev Of the wallet, or of the delegate that signed the order.
    Authority captureAuthority;
    /// @dev That the order does not stand in the closing holds.
    EntryProof closingHold;
}

struct InstructionEvidence {
    PayoutInstruction message;
    bytes signature;
    /// @dev Position of the journal at which the payout was made.
    uint64 journalPosition;
}

struct RowEvidence {
    uint32 part;
    /// @dev Index of the row in its part, from 0.
    uint32 index;
    PayoutRow row;
    /// @dev As in `RowProof`.
    bytes32[] siblings;
}
