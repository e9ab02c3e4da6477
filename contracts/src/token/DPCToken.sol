// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit, IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {CAP_WEI} from "../types/Amounts.sol";

/// @title DPC
contract DPCToken is IDPCToken, ERC20Burnable, ERC20Capped, ERC20Permit, ERC3009 {
    /// @inheritdoc IDPCToken
    address public immutable emission;

    constructor(address emission_) ERC20("DEparrow Coin", "DPC") ERC20Capped(CAP_WEI) ERC20Permit("DEparrow Coin") {
        emission = emission_;
    }

    /// @inheritdoc IDPCToken
    function mint(address to, uint256 amountWei) external {
        require(msg.sender == emission, MinterNotEmission(msg.sender));
        _mint(to, amountWei);
    }

    /// @inheritdoc IDPCToken
    function burn(uint256 amountWei) public override(IDPCToken, ERC20Burnable) {
        super.burn(amountWei);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, ERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 amountWei) internal override(ERC20, ERC20Capped) {
        super._update(from, to, amountWei);
    }
}
