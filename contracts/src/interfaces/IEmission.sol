// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The only minter of DPC.
/// @notice Everything it can ever do is fixed at deployment.
interface IEmission {
    /// @notice Emitted once, when the genesis amounts are minted.
    /// @param treasuryWei Minted into the settlement contract for the network's treasury.
    /// @param rewardsWei Minted into the settlement contract for the rewards budget.
    /// @param distributionWei Minted to the distribution wallet.
    event GenesisMinted(uint256 treasuryWei, uint256 rewardsWei, uint256 distributionWei);

    /// @notice Emitted for each final epoch.
    /// @param mintedWei Minted into the settlement contract.
    /// @param burntWei Fees that the epoch burnt.
    /// @param scheduledWei What the schedule gave for the epoch's time.
    event EpochMinted(uint256 mintedWei, uint256 burntWei, uint256 scheduledWei);

    /// @notice Thrown when an account other than the settlement contract has an epoch minted.
    error CallerNotSettlement(address caller);

    /// @notice Thrown when a constructor argument is the zero address.
    error EmissionAddressZero();

    /// @notice Thrown when the treasury's share is above the settlement contract's genesis amount or no whole number of microcredits.
    error GenesisTreasuryInvalid(uint256 treasuryWei);

    /// @notice Thrown when the genesis amounts were minted before.
    error GenesisAlreadyMinted();

    /// @notice Mints 15 % of the cap into the settlement contract and 5 % to the distribution wallet. Anybody may call it, once.
    function genesis() external;

    /// @notice Mints for a final epoch into the settlement contract: the least of what the schedule gives for the epoch's time, κ × `burntWei`,
    /// and what the cap leaves, rounded down to whole microcredits. What is not minted is never caught up. Only the settlement contract.
    /// @param completedAt Block time in seconds at which the epoch's books closed, not before that of the call before. Its time is what lies between
    /// the two (since deployment for the first): when it becomes final, which demands delay, changes nothing.
    /// @dev Reverts with `CallerNotSettlement`.
    function mintEpoch(uint256 burntWei, uint64 completedAt) external returns (uint256 mintedWei);

    /// @notice What the schedule gives for the first `elapsedSeconds` after deployment, in wei, rounded down: a rate that halves
    /// every two years.
    function scheduledWei(uint256 elapsedSeconds) external view returns (uint256);

    /// @notice Block time of deployment, in seconds: the schedule starts here.
    function startedAt() external view returns (uint64);

    /// @notice Up to when epochs were minted for, in seconds: block time at which the books of the last one closed, of deployment before the first.
    function mintedUntil() external view returns (uint64);

    /// @notice The token that is minted.
    function token() external view returns (address);

    /// @notice The settlement contract.
    function settlement() external view returns (address);

    /// @notice The wallet that receives 5 % of the cap at genesis.
    function distribution() external view returns (address);

    /// @notice The treasury's part of the settlement contract's genesis amount, in wei; the rest is the rewards budget.
    function genesisTreasuryWei() external view returns (uint256);

    /// @notice Whether the genesis amounts are minted.
    function isGenesisMinted() external view returns (bool);
}
