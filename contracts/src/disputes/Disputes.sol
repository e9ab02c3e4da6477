// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountDemands} from "./AccountDemands.sol";
import {Credits} from "./Credits.sol";
import {DemandBook} from "./DemandBook.sol";

/// @title Disputes
/// @dev Has no owner, and no power over an epoch but the one that `Settlement` gives to an expired demand. Its initialisation contains the
/// judge; the receipts contract is deployed after it, at an address that is known before.
contract Disputes is Credits {
    constructor(
        address settlement_,
        address ledgerSigner_,
        uint256 askerBondWei_,
        address receipts_
    ) DemandBook(settlement_, askerBondWei_, receipts_) AccountDemands(settlement_, ledgerSigner_) {}
}
