// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Cap of DPC for ever: 1 000 000 000 DPC, in wei.
uint256 constant CAP_WEI = 1_000_000_000e18;

/// @dev 1 credit = 10^6 microcredits = 1 DPC = 10^18 wei, so a microcredit is 10^12 wei exactly.
uint256 constant WEI_PER_MICROCREDIT = 1e12;
