// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title OpenZeppelin's ERC-20 with nothing added: what a transfer costs at least.
contract PlainToken is ERC20 {
    constructor(address holder, uint256 supplyWei) ERC20("Plain", "PLAIN") {
        _mint(holder, supplyWei);
    }
}
