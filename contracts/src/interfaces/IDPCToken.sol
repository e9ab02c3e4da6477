// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

/// @title DPC: one token is one compute credit.
/// @notice ERC-20 with a cap, ERC-2612 permit and ERC-3009 authorisations. No owner, no pause, no upgrade.
interface IDPCToken is IERC20, IERC20Permit, IERC3009, IERC3009Cancel {
    /// @notice Thrown when an account other than the emission contract mints.
    error MinterNotEmission(address caller);

    /// @notice The only account that may mint.
    function emission() external view returns (address);

    /// @notice Creates `amountWei` for `to`.
    /// @dev Reverts with `MinterNotEmission`, or `ERC20ExceededCap` above the cap.
    function mint(address to, uint256 amountWei) external;

    /// @notice Destroys `amountWei` of the caller.
    function burn(uint256 amountWei) external;
}
