// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Functions of one contract, in the shape in which Forge reads them.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @title Tells Forge what to call between checks.
/// @dev Forge calls these views by name, as it does those of forge-std's `StdInvariant`.
abstract contract InvariantTargets {
    address[] private _targets;
    bytes4[] private _spared;

    /// @notice The contracts whose functions are called in random order.
    function targetContracts() external view returns (address[] memory) {
        return _targets;
    }

    /// @notice Functions of the target that are not called at random.
    function excludeSelectors() external view returns (FuzzSelector[] memory spared) {
        if (_spared.length == 0) return spared;
        spared = new FuzzSelector[](1);
        spared[0] = FuzzSelector(_targets[0], _spared);
    }

    function _target(address handler) internal {
        _targets.push(handler);
    }

    function _spare(bytes4 selector) internal {
        _spared.push(selector);
    }
}
