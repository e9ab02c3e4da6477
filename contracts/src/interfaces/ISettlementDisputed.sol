// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochReach} from "../types/Epoch.sol";

/// @title What stands behind an epoch: the poster's bond, and what the disputes contract may do with both.
/// @notice The bond is DPC that never counts as reserve: holdings ≥ (inbox total − burns − claims) + bond, always.
interface ISettlementDisputed {
    /// @notice Emitted when the bond grows.
    event BondAdded(address indexed from, uint256 amountWei);

    /// @notice Emitted when the poster takes out what is free.
    event BondWithdrawn(uint256 amountWei);

    /// @notice Emitted when an epoch is cancelled by proof or demand and loses what it had locked.
    /// @param rewardWei What went to `rewarded`.
    /// @param burntWei What was destroyed.
    event BondSeized(uint64 indexed epoch, address indexed rewarded, uint256 rewardWei, uint256 burntWei);

    /// @notice Emitted when the bond pays what a receipt is due.
    event Compensated(address indexed to, uint64 paidMicrocredits);

    /// @notice Thrown when a function of the disputes contract is called by another account.
    error CallerNotDisputes(address caller);

    /// @notice Thrown when what the bond has free does not suffice: for a posting, a withdrawal, or a compensation.
    error BondTooSmall(uint256 freeWei, uint256 neededWei);

    /// @notice Adds `amountWei` that the caller has approved to the poster's bond. Anybody may.
    /// @dev Reverts with `AmountZero`.
    function addBond(uint256 amountWei) external;

    /// @notice Pays the poster out of what its bond has free; after the exit has started that is all of it. Only the poster.
    /// @dev Reverts with `CallerNotPoster`, `AmountZero`, `BondTooSmall`.
    function withdrawBond(uint256 amountWei) external;

    /// @notice Holds an epoch back while a demand on it is open. Only the disputes contract.
    /// @param finalAt Block time in seconds before which the epoch cannot be final; an earlier one than it has changes nothing.
    /// @return completedAt Block time in seconds at which the epoch's books closed.
    /// @dev Reverts with `CallerNotDisputes`, `ExitStarted`, `EpochNotPending`.
    function openDemand(uint64 epoch, uint64 finalAt) external returns (uint64 completedAt);

    /// @notice Ends what `openDemand` began, once for each, whatever has become of the epoch. Only the disputes contract.
    /// @dev Reverts with `CallerNotDisputes`.
    function closeDemand(uint64 epoch) external;

    /// @notice Cancels a pending epoch and its descendants; what the epoch had locked is seized, a tenth of it for `asker`. Only
    /// the disputes contract.
    /// @dev Reverts with `CallerNotDisputes`, `EpochNotPending`.
    function cancelDisputed(uint64 epoch, address asker) external;

    /// @notice Pays `to` out of what the bond has free, at most `compensationMaxMicrocredits`. Only the disputes contract.
    /// @return paidMicrocredits What was paid.
    /// @dev Reverts with `CallerNotDisputes`, `BondTooSmall`.
    function compensate(address to, uint64 amountMicrocredits) external returns (uint64 paidMicrocredits);

    /// @notice Enters a receipt into the inbox for its node. Only the disputes contract, which has checked it.
    /// @return index Number of the inbox item.
    /// @dev Reverts with `CallerNotDisputes`, `ExitStarted`.
    function appendReceipt(address node, bytes32 receiptDigest) external returns (uint64 index);

    /// @notice How far an epoch reaches; all zero when unknown.
    function reachOf(uint64 epoch) external view returns (EpochReach memory);

    /// @notice Root and sum of an epoch's leaves, in microcredits; both zero when unknown.
    function leavesOf(uint64 epoch) external view returns (bytes32 root, uint64 totalMicrocredits);

    /// @notice The disputes contract.
    function disputes() external view returns (address);

    /// @notice A: how long the poster may take to answer a demand, in seconds.
    function answerSeconds() external view returns (uint64);

    /// @notice K: how many demands may follow one another.
    function roundsMax() external view returns (uint64);

    /// @notice What each epoch locks of the bond until it is finalised, lapses, or is cancelled, in wei.
    function epochBondWei() external view returns (uint256);

    /// @notice What the bond pays at most for one receipt.
    function compensationMaxMicrocredits() external view returns (uint64);

    /// @notice The poster's bond, locked and free, in wei.
    function bondWei() external view returns (uint256);

    /// @notice What of the bond no epoch has locked, in wei.
    function freeBondWei() external view returns (uint256);
}
