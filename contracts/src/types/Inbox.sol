// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What an inbox item stands for. The numbers are part of the event and never change; new kinds are added at the end.
enum InboxKind {
    Deposit,
    GenesisTreasury,
    GenesisRewards,
    /// @dev Minted for a final epoch; the detail is its id.
    Emission,
    /// @dev A wallet wants out without the operator; the detail is the amount asked for, in microcredits.
    ForcedWithdrawal,
    /// @dev A wallet takes a permission back; the detail is `keccak256(delegate 20 ‖ nonce 8)`.
    Revocation,
    /// @dev A node shows a receipt; the detail is its EIP-712 digest.
    Receipt
}

/// @dev One item of the inbox; items are numbered from 0 and never change.
struct InboxItem {
    /// @dev What arrived.
    InboxKind kind;
    /// @dev The wallet that is credited, or that calls, or the node of a receipt; zero for genesis and emission.
    address account;
    /// @dev What the item adds to the books, in microcredits; 0 for a forced withdrawal, a revocation and a receipt.
    uint64 amountMicrocredits;
    /// @dev Sum of all items up to and including this one, in microcredits.
    uint64 totalMicrocredits;
    /// @dev Block time of arrival, in seconds.
    uint64 arrivedAt;
    /// @dev What the kind says; zero for deposits and genesis.
    bytes32 detail;
}
