// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {
    RevealedTree,
    Demand,
    DemandState,
    Question,
    Statement,
    StatementProof
} from "../disputes/Demand.sol";
import {EpochStatus} from "../types/Epoch.sol";
import {EntryProof, Leaf, LeafProof} from "../types/SumTreeTypes.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Who asks the poster about an epoch is answered in time, or the epoch is cancelled.
/// @notice Anybody opens a demand with a bond while the first W of an epoch run, or within A after an answer as one that follows it, at
/// most K in a row. Whoever answers it within A so that the contract accepts the answer makes the bond the poster's; a demand that
/// nobody answers cancels the epoch and those that build on it, and the asker has its bond back and a reward. Bonds come out of purses
/// that askers keep in the contract, and go into them; each takes out of its own what it likes, at any time.
/// @dev A question is asked at most once in an epoch. Its id is the hash of all that it asks, and the arguments are in the events alone.
/// `place` is where an account's leaf stands, see `SumTree`; `follows` is the id of the answered demand that a demand follows, or zero.
/// Each function that opens a demand reverts with `DemandKnown`, `WindowOver`, `NotFollowable`, `RoundsTooMany`,
/// `PurseTooSmall`, `ISettlement.EpochNotPending`, `ISettlementExit.ExitStarted`. Each function that answers one reverts
/// with `DemandNotOpen`, `DemandLate`, `ISettlement.EpochNotPending`, and with the errors of `SumTree` when a proof fails; each that is
/// given a `Statement` with `StatementDiffers` when it is not the one that stands, and with `TotalDiffers`.
interface IDisputes {
    /// @notice Emitted when somebody puts DPC into its purse.
    event PurseFunded(address indexed owner, uint256 amountWei);

    /// @notice Emitted when somebody takes DPC out of its purse.
    event PurseWithdrawn(address indexed owner, uint256 amountWei);

    /// @notice Emitted when a demand opens.
    /// @param id Hash of `question`.
    /// @param round How many demands in a row it is, from 1.
    /// @param deadline Last block time in seconds at which it can be answered.
    event Demanded(
        uint64 indexed epoch,
        bytes32 indexed id,
        address indexed asker,
        Question question,
        uint8 round,
        uint64 deadline
    );

    /// @notice Emitted when a demand turns out to be fewer in a row than it was.
    event Ranked(uint64 indexed epoch, bytes32 indexed id, uint8 round);

    /// @notice Emitted when a demand has been answered.
    /// @param answerer Who sent the answer; the bond goes to the poster in any case.
    event Answered(uint64 indexed epoch, bytes32 indexed id, address answerer);

    /// @notice Emitted when a demand was not answered in time; its epoch is cancelled.
    event Expired(uint64 indexed epoch, bytes32 indexed id, address asker);

    /// @notice Emitted when a demand ends because its epoch was cancelled for another reason.
    event Refunded(uint64 indexed epoch, bytes32 indexed id, address asker);

    /// @notice Emitted when a leaf is shown; one that is absent is all zero.
    event LeafShown(uint64 indexed epoch, bytes32 indexed place, Leaf leaf);

    /// @notice Emitted when the poster states what moved an account; it stands for the epoch.
    event Stated(uint64 indexed epoch, bytes32 indexed place, Statement statement);

    /// @notice Emitted when a part of a tree is shown.
    /// @param frontier What stands below the first `pathBits` bits of `path`, as `Frontier` encodes it.
    event Revealed(
        uint64 indexed epoch,
        bytes32 indexed place,
        RevealedTree tree,
        bytes32 path,
        uint8 pathBits,
        bytes frontier
    );

    /// @notice Thrown when a function of the receipts contract is called by another account.
    error CallerNotReceipts(address caller);

    /// @notice Thrown when a purse holds less than a bond, or than what is to be taken out, in wei.
    error PurseTooSmall(uint256 neededWei, uint256 heldWei);

    /// @notice Thrown when K bonds of an asker would be more than the reward.
    error AskerBondTooLarge(uint256 askerBondWei, uint256 rewardWei);

    /// @notice Thrown when the same question was asked before in the epoch.
    error DemandKnown(bytes32 id, DemandState state);

    /// @notice Thrown when a demand is answered or ended that is not open.
    error DemandNotOpen(bytes32 id, DemandState state);

    /// @notice Thrown when an answer comes after its deadline.
    error DemandLate(bytes32 id, uint64 deadline);

    /// @notice Thrown when a demand is ended as unanswered while it can be answered.
    error DemandStillAnswerable(bytes32 id, uint64 deadline);

    /// @notice Thrown when a demand that follows none comes after the first W of its epoch.
    error WindowOver(uint64 epoch, uint64 endsAt);

    /// @notice Thrown when the demand to be followed is not answered, is of another epoch, or was answered too long ago.
    error NotFollowable(bytes32 follows);

    /// @notice Thrown when a demand would be one too many in a row.
    error RoundsTooMany(uint64 roundsMax);

    /// @notice Thrown when a demand would not be fewer in a row than it is.
    error RoundNotLower(bytes32 id, uint8 round, uint8 current);

    /// @notice Thrown when a demand is to be refunded whose epoch has not been cancelled.
    error EpochNotCancelled(uint64 epoch, EpochStatus status);

    /// @notice Thrown when a statement is demanded that has been made.
    error StatementKnown(uint64 epoch, bytes32 place);

    /// @notice Thrown when a statement is not the one that stands. `known` is the hash of that one, zero when there is none.
    error StatementDiffers(uint64 epoch, bytes32 place, bytes32 known);

    /// @notice Thrown when opening + credits − debits is not closing; all in microcredits.
    error StatementDoesNotBalance(uint256 opening, uint256 credits, uint256 debits, uint256 closing);

    /// @notice Thrown when the closing receipt sequence is below the opening one.
    error SequenceDescends(uint64 opening, uint64 closing);

    /// @notice Thrown when more than a leaf is demanded of one of the network's own accounts.
    error AccountWithoutStatement(bytes32 place);

    /// @notice Thrown when a path is too long or has bits behind its end.
    error PathInvalid(bytes32 path, uint8 pathBits);

    /// @notice Thrown when an account is named although the epoch's leaves are to be revealed.
    error PlaceNotNeeded(bytes32 place);

    /// @notice Thrown when the tree is none of an account.
    error TreeInvalid(RevealedTree tree);

    /// @notice Thrown when the tree that a proof shows has another sum than is stated.
    error TotalDiffers(uint256 stated, uint256 shown);

    /// @notice Puts `amountWei` that the caller has approved into its purse, for the bonds of its demands.
    function fund(uint256 amountWei) external;

    /// @notice Pays the caller out of its purse, also after the exit has started.
    /// @dev Reverts with `PurseTooSmall`.
    function withdraw(uint256 amountWei) external;

    /// @notice Asks for an account's leaf in an epoch, or its absence.
    /// @return id The id of the demand, as with all functions that open one.
    function demandLeaf(uint64 epoch, bytes32 place, bytes32 follows) external returns (bytes32 id);

    /// @notice Asks what moved an account in an epoch.
    /// @dev Reverts with `StatementKnown`, `AccountWithoutStatement`.
    function demandStatement(uint64 epoch, bytes32 place, bytes32 follows) external returns (bytes32 id);

    /// @notice Asks for the four levels that stand below a path of a tree of an account, or of the epoch's leaves.
    /// @param place Zero for the epoch's leaves.
    /// @param path The first `pathBits` bits of keys or places, zero behind them.
    /// @dev Reverts with `PathInvalid`, `PlaceNotNeeded`, `AccountWithoutStatement`.
    function demandReveal(
        uint64 epoch,
        bytes32 place,
        RevealedTree tree,
        bytes32 path,
        uint8 pathBits,
        bytes32 follows
    ) external returns (bytes32 id);

    /// @notice Counts a demand that somebody has opened as one that follows `follows`, or none, when it then is fewer in a row. Anybody may,
    /// without a bond: otherwise whoever opens a question first, at the end of a row of its own, would keep others from following it.
    /// @dev Reverts with `NotFollowable` when either is not there to be followed, `WindowOver`, `RoundsTooMany`, `RoundNotLower`.
    function rank(bytes32 id, bytes32 follows) external;

    /// @notice Shows an account's leaf, or its absence. Anybody may.
    /// @dev Reverts with `TotalDiffers`.
    function answerLeaf(uint64 epoch, bytes32 place, LeafProof calldata proof) external;

    /// @notice States what moved an account, before anybody demands it: opening + credits − debits is closing, what the closing leaf holds
    /// is the sum of its holds, and the receipt sequence has not gone down. Only the poster, for the first statement stands for the epoch.
    /// The same one again changes nothing.
    /// @dev Reverts with `ISettlement.CallerNotPoster`, `TotalDiffers`, `StatementDoesNotBalance`, `SequenceDescends`,
    /// `StatementDiffers`.
    function state(uint64 epoch, bytes32 place, StatementProof calldata proof) external;

    /// @notice States what moved an account, on demand. Only the poster.
    /// @dev Reverts as `state` does.
    function answerStatement(uint64 epoch, bytes32 place, StatementProof calldata proof) external;

    /// @notice Shows a part of a tree of an account. Anybody may.
    /// @param siblings What stands beside the path, from the root down, 48 bytes each.
    /// @param frontier What stands below the path, as `Frontier` encodes it.
    /// @dev Reverts with `TreeInvalid`, and with the errors of `Frontier`.
    function answerReveal(
        uint64 epoch,
        bytes32 place,
        RevealedTree tree,
        bytes32 path,
        uint8 pathBits,
        Statement calldata statement,
        bytes calldata siblings,
        bytes calldata frontier
    ) external;

    /// @notice Shows a part of the epoch's leaves. Anybody may.
    /// @dev Reverts with `TotalDiffers`, and with the errors of `Frontier`.
    function answerLeavesReveal(
        uint64 epoch,
        bytes32 path,
        uint8 pathBits,
        bytes calldata siblings,
        bytes calldata frontier
    ) external;

    /// @notice Cancels the epoch of a demand that was not answered in time; the asker has its bond back and a reward. Anybody may.
    /// @dev Reverts with `DemandNotOpen`, `DemandStillAnswerable`, `ISettlement.EpochNotPending`.
    function expire(bytes32 id) external;

    /// @notice Gives the asker its bond back after the demand's epoch was cancelled by other means. Anybody may.
    /// @dev Reverts with `DemandNotOpen`, `EpochNotCancelled`.
    function refund(bytes32 id) external;

    /// @notice Opens a demand of `asker`, whose bond it takes. Only the receipts contract, which `asker` has called.
    /// @dev Reverts with `CallerNotReceipts`.
    function openFor(address asker, Question calldata question, bytes32 follows) external returns (bytes32 id);

    /// @notice Ends a demand that has been answered. Only the receipts contract, which `answerer` has called.
    /// @param isAskerRight Whether the bond returns to the asker.
    /// @dev Reverts with `CallerNotReceipts`.
    function answerFor(address answerer, Question calldata question, bool isAskerRight) external;

    /// @notice Passes on to `Settlement.compensate`. Only the receipts contract.
    function payOutOfBond(address to, uint64 amountMicrocredits) external;

    /// @notice Passes on to `Settlement.appendReceipt`. Only the receipts contract.
    function appendReceipt(address node, bytes32 receiptDigest) external returns (uint64 index);

    /// @notice Passes on to `Settlement.cancelDisputed`. Only the receipts contract.
    function cancelFor(address rewarded, uint64 epoch) external;

    /// @notice The contract that judges receipts and kept orders, see `IDisputesReceipts`.
    function receipts() external view returns (address);

    /// @notice The settlement contract whose epochs are disputed.
    function settlement() external view returns (ISettlement);

    /// @notice The DPC token.
    function token() external view returns (IERC20);

    /// @notice The account that posts epochs.
    function poster() external view returns (address);

    /// @notice What somebody can put behind demands, or take out, in wei of DPC.
    function purseWei(address owner) external view returns (uint256);

    /// @notice What an asker puts behind a demand, in wei of DPC.
    function askerBondWei() external view returns (uint256);

    /// @notice W: how long an epoch can be asked about, in seconds.
    function windowSeconds() external view returns (uint64);

    /// @notice A: how long a demand can be answered, and an answer followed, in seconds.
    function answerSeconds() external view returns (uint64);

    /// @notice K: how many demands may follow one another.
    function roundsMax() external view returns (uint64);

    /// @notice A demand; all zero when it was never opened.
    function demandOf(bytes32 id) external view returns (Demand memory);

    /// @notice The id of what a question asks.
    function idOf(Question memory question) external pure returns (bytes32);

    /// @notice Hash of the statement that stands for an account in an epoch, `keccak256(abi.encode(statement))`; zero before.
    function statementOf(uint64 epoch, bytes32 place) external view returns (bytes32);
}
