// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Pays many accounts in one transaction, each named by 32 bytes of calldata: address (20) | amount in wei (12).
/// @notice The usual cheap batch of payments, to compare a posted epoch with.
contract PackedBatch {
    IERC20 private immutable _token;

    constructor(IERC20 token) {
        _token = token;
    }

    /// @notice Transfers from the caller, who has approved this contract.
    function pay(bytes32[] calldata payments) external {
        for (uint256 i = 0; i < payments.length; ++i) {
            _token.transferFrom(msg.sender, address(bytes20(payments[i])), uint96(uint256(payments[i])));
        }
    }
}
