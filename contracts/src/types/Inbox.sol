// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What an inbox item stands for. The numbers are part of the event and never change; new kinds are added at the end.
enum InboxKind {
    Deposit,
    GenesisTreasury,
    GenesisRewards
}

/// @dev One item of the inbox; items are numbered from 0 and never change.
struct InboxItem {
    /// @dev What arrived.
    InboxKind kind;
    /// @dev The wallet that is credited; zero for the genesis kinds, whose ledger accounts are named by the kind.
    address account;
    /// @dev Amount that arrived, in microcredits.
    uint64 amountMicrocredits;
    /// @dev Sum of all items up to and including this one, in microcredits.
    uint64 totalMicrocredits;
    /// @dev Block time of arrival, in seconds.
    uint64 arrivedAt;
}
