// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Many small numbers out of the one that Forge gives.
library Random {
    /// @dev A number from `min` to `max`, another for each `salt`. `max` is not below `min`.
    function between(uint256 seed, string memory salt, uint256 min, uint256 max) internal pure returns (uint256) {
        return min + (uint256(keccak256(abi.encode(seed, salt))) % (max - min + 1));
    }

    /// @dev True once in `count`.
    function oneIn(uint256 seed, string memory salt, uint256 count) internal pure returns (bool) {
        return uint256(keccak256(abi.encode(seed, salt))) % count == 0;
    }

    /// @dev Another seed for each `salt`.
    function derive(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }
}
