// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {IEmission} from "../interfaces/IEmission.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {CAP_WEI, WEI_PER_MICROCREDIT} from "../types/Amounts.sol";

/// @title Emission
contract Emission is IEmission {
    /// @notice 15 % of the cap, minted into the settlement contract at genesis.
    uint256 public constant GENESIS_SETTLEMENT_WEI = (CAP_WEI * 15) / 100;

    /// @notice 5 % of the cap, minted to the distribution wallet at genesis.
    uint256 public constant GENESIS_DISTRIBUTION_WEI = (CAP_WEI * 5) / 100;

    /// @inheritdoc IEmission
    address public immutable token;

    /// @inheritdoc IEmission
    address public immutable settlement;

    /// @inheritdoc IEmission
    address public immutable distribution;

    /// @inheritdoc IEmission
    uint256 public immutable genesisTreasuryWei;

    /// @inheritdoc IEmission
    bool public isGenesisMinted;

    constructor(address token_, address settlement_, address distribution_, uint256 genesisTreasuryWei_) {
        require(
            token_ != address(0) && settlement_ != address(0) && distribution_ != address(0),
            EmissionAddressZero()
        );
        require(
            genesisTreasuryWei_ <= GENESIS_SETTLEMENT_WEI && genesisTreasuryWei_ % WEI_PER_MICROCREDIT == 0,
            GenesisTreasuryInvalid(genesisTreasuryWei_)
        );
        token = token_;
        settlement = settlement_;
        distribution = distribution_;
        genesisTreasuryWei = genesisTreasuryWei_;
    }

    /// @inheritdoc IEmission
    function genesis() external {
        require(!isGenesisMinted, GenesisAlreadyMinted());
        isGenesisMinted = true;

        uint256 rewardsWei = GENESIS_SETTLEMENT_WEI - genesisTreasuryWei;
        emit GenesisMinted(genesisTreasuryWei, rewardsWei, GENESIS_DISTRIBUTION_WEI);

        IDPCToken(token).mint(settlement, GENESIS_SETTLEMENT_WEI);
        IDPCToken(token).mint(distribution, GENESIS_DISTRIBUTION_WEI);
        // Both fit: the cap is 10^15 microcredits, below 2^64.
        ISettlement(settlement).appendGenesis(
            uint64(genesisTreasuryWei / WEI_PER_MICROCREDIT),
            uint64(rewardsWei / WEI_PER_MICROCREDIT)
        );
    }
}
