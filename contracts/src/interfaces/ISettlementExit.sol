// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaf} from "../types/SumTreeTypes.sol";

/// @title The way out when no epoch becomes final any more.
/// @notice Once started, everything of the last final epoch and the inbox above it is taken out by proof, and nothing else happens.
interface ISettlementExit {
    /// @notice Emitted once, when the exit starts.
    /// @param finalEpoch The epoch whose leaves are taken out.
    /// @param inboxCut Items from here on return to where they came from.
    event ExitStartedAt(uint64 startedAt, uint64 finalEpoch, uint64 inboxCut);

    /// @notice Emitted when an account takes its leaf.
    event ExitClaimed(address indexed account, bool isPayable, uint256 amountMicrocredits);

    /// @notice Emitted when a leaf of the network's own is burnt.
    event ExitBurnt(string name, uint256 amountMicrocredits);

    /// @notice Emitted when a deposit returns to the wallet it was to credit.
    event ExitDepositReturned(uint64 indexed index, address indexed account, uint64 amountMicrocredits);

    /// @notice Emitted when genesis or emission that no final epoch covers is burnt.
    event ExitItemBurnt(uint64 indexed index, uint64 amountMicrocredits);

    /// @notice Thrown by everything that ends with the exit.
    error ExitStarted();

    /// @notice Thrown by everything that begins with the exit.
    error ExitNotStarted();

    /// @notice Thrown when N has not passed since the last finalisation.
    error ExitTooEarly(uint64 startableAt);

    /// @notice Thrown when an epoch is final and only waits for `finalise`.
    error EpochToFinalise(uint64 epoch);

    /// @notice Thrown when a proof does not show its leaf under the root and total of the epoch, or its siblings are not whole or too many.
    error LeafProofInvalid(uint64 epoch);

    /// @notice Thrown when a leaf was taken or burnt before.
    error LeafTaken(bytes32 place);

    /// @notice Thrown when a leaf is to be burnt that is not the network's own.
    error NameUnknown(string name);

    /// @notice Thrown when an inbox item cannot be returned or burnt: an epoch covers it, it is of another kind, or it was before.
    error ItemNotReturnable(uint64 index);

    /// @notice Starts the exit, for ever. Anybody may call it when N has passed since the last finalisation, or since deployment.
    /// Epochs that are not final are cancelled.
    /// @dev Reverts with `ExitStarted`, `ExitTooEarly`, `EpochToFinalise`.
    function startExit() external;

    /// @notice Pays an account what is available and held in its leaf of the last final epoch. Anybody may call it, once a leaf.
    /// @param isPayable Whether the leaf is the account's `payable:` one.
    /// @param siblings 48 bytes each from the root down, see `SumTree`.
    /// @dev Reverts with `ExitNotStarted`, `LeafTaken`, `LeafProofInvalid`, `AmountZero`.
    function exitClaim(address account, bool isPayable, Leaf calldata leaf, bytes calldata siblings) external;

    /// @notice Burns the leaf of `treasury`, `rewards` or `clearing`. Anybody may call it, once a leaf.
    /// @dev Reverts with `NameUnknown`, and as `exitClaim` does.
    function exitBurn(string calldata name, Leaf calldata leaf, bytes calldata siblings) external;

    /// @notice Returns a deposit that the last final epoch does not cover. Anybody may call it, once a deposit.
    /// @dev Reverts with `ExitNotStarted`, `InboxItemUnknown`, `ItemNotReturnable`.
    function exitDeposit(uint64 index) external;

    /// @notice Burns genesis or emission that the last final epoch does not cover. Anybody may call it, once an item.
    /// @dev Reverts with `ExitNotStarted`, `InboxItemUnknown`, `ItemNotReturnable`.
    function exitBurnItem(uint64 index) external;

    /// @notice N: seconds without a new final epoch after which anybody may start the exit.
    function exitSeconds() external view returns (uint64);

    /// @notice Block time of the last finalisation, of deployment before the first, in seconds.
    function finalisedAt() external view returns (uint64);

    /// @notice Block time at which the exit started, in seconds; 0 before.
    function exitStartedAt() external view returns (uint64);

    /// @notice Whether the leaf at a place was taken or burnt.
    function isLeafTaken(bytes32 place) external view returns (bool);

    /// @notice Whether an inbox item was returned or burnt.
    function isItemReturned(uint64 index) external view returns (bool);
}
