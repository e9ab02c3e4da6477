// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InvariantTargets} from "./InvariantTargets.sol";
import {RegistryHandler} from "./RegistryHandler.sol";

/// @title What holds of stakes whatever nodes, payout wallets and watchers do.
contract RegistryInvariant is InvariantTargets {
    RegistryHandler private _handler;

    function setUp() external {
        _handler = new RegistryHandler();
        _target(address(_handler));
    }

    /// @notice The registry holds what is staked and what unbonds, to the wei, and everybody has what was paid to them.
    function invariant_holdingsAreStakesAndEverybodyHasTheirs() external view {
        uint256 heldWei = _handler.token().balanceOf(address(_handler.registry()));
        require(heldWei == _handler.bondedWei(), "the registry holds the stakes");
        for (uint256 i = 0; i < _handler.NODES(); ++i) {
            require(_handler.token().balanceOf(_handler.account(i)) == _handler.balanceWei(i), "a wallet has what it was paid");
        }
    }
}
