// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A payout row as posted, big endian, 24 bytes:
/// payee id (4) | increment in microcredits (8) | cumulative in microcredits (8) | epoch of the payee's previous row (4).
type PayoutRow is bytes24;

using {payeeId, incrementMicrocredits, cumulativeMicrocredits, previousEpoch} for PayoutRow global;

/// @dev The registered payee that is paid.
function payeeId(PayoutRow row) pure returns (uint32) {
    return uint32(uint192(PayoutRow.unwrap(row)) >> 160);
}

/// @dev What this epoch pays, in microcredits.
function incrementMicrocredits(PayoutRow row) pure returns (uint64) {
    return uint64(uint192(PayoutRow.unwrap(row)) >> 96);
}

/// @dev What this epoch and all before it pay, in microcredits.
function cumulativeMicrocredits(PayoutRow row) pure returns (uint64) {
    return uint64(uint192(PayoutRow.unwrap(row)) >> 32);
}

/// @dev The epoch of the payee's row before this one; 0 for its first row.
function previousEpoch(PayoutRow row) pure returns (uint32) {
    return uint32(uint192(PayoutRow.unwrap(row)));
}
