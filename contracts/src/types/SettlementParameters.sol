// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What is fixed for ever when `Settlement` is deployed.
struct SettlementParameters {
    address token;
    address emission;
    address disputes;
    address poster;
    address guardian;
    /// @dev W: how long a complete epoch can be cancelled without a demand, in seconds.
    uint64 windowSeconds;
    /// @dev D: how old an inbox item must be before an epoch may cover it, and a payee before a row may pay it, in seconds.
    uint64 inboxAgeSeconds;
    /// @dev A: how long the poster may take to answer a demand, in seconds.
    uint64 answerSeconds;
    /// @dev K: how many demands may follow one another.
    uint64 roundsMax;
    /// @dev N: seconds without a new final epoch after which anybody may start the exit.
    uint64 exitSeconds;
    /// @dev What each epoch locks of the poster's bond, in wei.
    uint256 epochBondWei;
    /// @dev What the bond pays at most for one receipt, in microcredits.
    uint64 compensationMaxMicrocredits;
}
