// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MovementKind, Statement} from "../disputes/Demand.sol";
import {InboxKind} from "../types/Inbox.sol";
import {SignedAcceptance} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";

/// @title Demands on single entries, holds, lanes and credits of an account.
/// @notice The rules for opening and answering demands are those of `IDisputes`. Each of these demands, but that for a forced withdrawal,
/// reverts with `IDisputes.AccountWithoutStatement` for the network's own accounts. Anybody may answer.
interface IDisputesAccounts {
    /// @notice Thrown when a lane's closing nonce is below its opening nonce, or the lane is gone.
    error LaneDescends(bytes32 key, uint128 opening, uint128 closing);

    /// @notice Thrown when an inbox item is not below the epoch's cut, or is below its parent's.
    error ItemOutsideEpoch(uint64 epoch, uint64 index);

    /// @notice Thrown when an inbox item is of a kind that gives no ground for the demand.
    error ItemUnrelated(uint64 index, InboxKind kind);

    /// @notice Thrown when acceptances of a kind of message give no ground for a demand.
    error MovementKindInvalid(MovementKind kind);

    /// @notice Thrown when an acceptance is of another message, or is a refusal.
    error AcceptanceUnrelated(bytes32 digest, bytes32 acceptedDigest);

    /// @notice Thrown when what was accepted, or assigned, is of another epoch: at a position that the epoch does not reach, or that its parent
    /// does and signed no later than the second in which that closed.
    error PositionOutsideEpoch(uint64 epoch, uint64 position);

    /// @notice Thrown when the IOU shown is not the one that the redemption pays.
    error IouUnrelated(bytes32 iou, bytes32 shownDigest);

    /// @notice Thrown when the escrow order shown is not the one that the capture ends.
    error CaptureUnrelated(bytes32 escrow, bytes32 shownDigest);

    /// @notice Thrown when the account said to be debited is not debited under the key.
    error NothingDebited(bytes32 place, bytes32 key);

    /// @notice Thrown when an entry credits less than was demanded, in microcredits.
    error CreditTooSmall(bytes32 key, uint64 creditMicrocredits, uint64 leastMicrocredits);

    /// @notice Thrown when a forced withdrawal debits another amount than was asked for although something is left available.
    error ForcedUnpaid(uint64 index, uint64 debitMicrocredits, uint128 availableMicrocredits);

    /// @notice Thrown when what allows a debit is shown by another contract, or by an account with code, whose calldata need not have it.
    error AnswererNotDirect(address answerer);

    /// @notice Asks for an entry of an account's statement: that it is not there, or what allows its debit.
    function demandEntry(uint64 epoch, bytes32 place, bytes32 key, bytes32 follows) external returns (bytes32 id);

    /// @notice Asks for an open hold of an account: that it is not there, or the order that allows it.
    function demandHold(uint64 epoch, bytes32 place, bytes32 key, bytes32 follows) external returns (bytes32 id);

    /// @notice Asks that a lane's last nonce has not gone down. `key` is `ProofOfCompute.laneKey`.
    function demandLane(uint64 epoch, bytes32 place, bytes32 key, bytes32 follows) external returns (bytes32 id);

    /// @notice Asks that a deposit is credited that the epoch covers and its parent does not.
    /// @dev Reverts with `ItemOutsideEpoch`, `ItemUnrelated`.
    function demandDeposit(uint64 epoch, uint64 index, bytes32 follows) external returns (bytes32 id);

    /// @notice Asks that the receiver of a transfer, purchase, redemption or escrow capture is credited that the ledger accepted in the
    /// epoch: at one of its positions, or, whatever position its parent claims to have reached, in a second after the parent's `closedAt`.
    /// @param message ABI encoded as `kind` says.
    /// @dev Reverts with `MovementKindInvalid`, `AcceptanceUnrelated`, `PositionOutsideEpoch`, `IouUnrelated`, `CaptureUnrelated`, and
    /// with the errors of `Acceptances`.
    function demandAccepted(
        uint64 epoch,
        MovementKind kind,
        bytes calldata message,
        SignedAcceptance calldata acceptance,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Asks that the other side of a movement is credited what the epoch debits under the same key.
    /// @param message ABI encoded as `kind` says.
    /// @param debtor The statement of the account that is debited.
    /// @param proof Its entry.
    /// @dev Reverts with `NothingDebited`, `IouUnrelated`, `CaptureUnrelated`, `ItemUnrelated`.
    function demandCounterpart(
        uint64 epoch,
        MovementKind kind,
        bytes calldata message,
        Statement calldata debtor,
        EntryProof calldata proof,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Asks that a forced withdrawal is carried out that the epoch covers and its parent does not.
    /// @dev Reverts with `ItemOutsideEpoch`, `ItemUnrelated`.
    function demandForced(uint64 epoch, uint64 index, bytes32 follows) external returns (bytes32 id);

    /// @notice Shows that an entry is not there, or debits nothing, or what allows its debit. What allows a debit is shown by an account without
    /// code that calls directly, so that everybody can read it, and demand the credit that belongs to it.
    /// @param evidence `DebitKind` in 32 bytes and the struct that it names; empty when nothing is debited.
    /// @dev Reverts with `AnswererNotDirect`, and with the errors of `DebitJudge`.
    function answerEntry(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        Statement calldata statement,
        EntryProof calldata proof,
        bytes calldata evidence
    ) external;

    /// @notice Shows that a hold is not there at the end of the epoch, or the order that allows it.
    /// @param evidence `HoldKind` in 32 bytes and the struct that it names; empty when there is no hold.
    /// @dev Reverts with the errors of `DebitJudge`.
    function answerHold(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        Statement calldata statement,
        EntryProof calldata proof,
        bytes calldata evidence
    ) external;

    /// @notice Shows that a lane's nonce has not gone down; and that the lane is not gone.
    /// @dev Reverts with `LaneDescends`.
    function answerLane(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        Statement calldata statement,
        EntryProof calldata openingLane,
        EntryProof calldata closingLane
    ) external;

    /// @notice Shows an entry with at least the credit that is demanded.
    /// @dev Reverts with `CreditTooSmall`.
    function answerCredit(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        uint64 leastMicrocredits,
        Statement calldata statement,
        EntryProof calldata proof
    ) external;

    /// @notice Shows that a forced withdrawal debits what was asked for, or that the wallet has nothing available left.
    /// @param proof The withdrawal's entry; not looked at when nothing is left available.
    /// @dev Reverts with `ForcedUnpaid`.
    function answerForced(
        uint64 epoch,
        uint64 index,
        Statement calldata statement,
        EntryProof calldata proof
    ) external;

    /// @notice Whose key signs certificates and acceptances.
    function ledgerSigner() external view returns (address);

    /// @notice The contract that reads signed messages.
    function judge() external view returns (address);
}
