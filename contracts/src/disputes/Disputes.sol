// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountDemands} from "./AccountDemands.sol";
import {DemandBook} from "./DemandBook.sol";
import {KeptOrders} from "./KeptOrders.sol";

/// @title Disputes
/// @dev Has no owner, and no power over an epoch but the one that `Settlement` gives to an expired demand.
contract Disputes is KeptOrders {
    constructor(
        address settlement_,
        address ledgerSigner_,
        uint256 askerBondWei_
    ) DemandBook(settlement_, askerBondWei_) AccountDemands(settlement_, ledgerSigner_) {}
}
