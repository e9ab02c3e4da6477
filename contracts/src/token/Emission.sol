// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
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

    /// @notice How long the rate stays before it halves, in seconds: two years of 365 days.
    uint256 public constant HALVING_SECONDS = 730 days;

    /// @notice What the schedule gives until the first halving, at 100 000 DPC a day. All halvings together give less than twice
    /// that, 146 000 000 DPC, which the 80 % of the cap that genesis leaves always cover.
    uint256 public constant FIRST_PERIOD_WEI = 100_000e18 * 730;

    /// @notice κ: an epoch mints at most half of what it burns. Below 1, so that paying oneself for nothing costs more than
    /// it can bring, and no less than half, so that burning alone does not decide the supply.
    uint256 public constant KAPPA_NUMERATOR = 1;

    /// @notice Denominator of κ.
    uint256 public constant KAPPA_DENOMINATOR = 2;

    /// @inheritdoc IEmission
    address public immutable token;

    /// @inheritdoc IEmission
    address public immutable settlement;

    /// @inheritdoc IEmission
    address public immutable distribution;

    /// @inheritdoc IEmission
    uint256 public immutable genesisTreasuryWei;

    /// @inheritdoc IEmission
    uint64 public immutable startedAt;

    /// @inheritdoc IEmission
    uint64 public mintedUntil;

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
        startedAt = uint64(block.timestamp);
        mintedUntil = uint64(block.timestamp);
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

    /// @inheritdoc IEmission
    function mintEpoch(uint256 burntWei, uint64 completedAt) external returns (uint256 mintedWei) {
        require(msg.sender == settlement, CallerNotSettlement(msg.sender));
        uint256 dueWei = scheduledWei(completedAt - startedAt) - scheduledWei(mintedUntil - startedAt);
        mintedUntil = completedAt;

        uint256 leftWei = CAP_WEI - IDPCToken(token).totalSupply();
        mintedWei = Math.min(Math.min(dueWei, leftWei), (burntWei * KAPPA_NUMERATOR) / KAPPA_DENOMINATOR);
        mintedWei -= mintedWei % WEI_PER_MICROCREDIT;
        emit EpochMinted(mintedWei, burntWei, dueWei);
        if (mintedWei > 0) IDPCToken(token).mint(settlement, mintedWei);
    }

    /// @inheritdoc IEmission
    function scheduledWei(uint256 elapsedSeconds) public pure returns (uint256) {
        uint256 halvings = elapsedSeconds / HALVING_SECONDS;
        // A whole period gives half of the one before, so n of them give twice the first less twice what the next one would.
        uint256 runningWei = FIRST_PERIOD_WEI >> halvings;
        return 2 * (FIRST_PERIOD_WEI - runningWei) + (runningWei * (elapsedSeconds % HALVING_SECONDS)) / HALVING_SECONDS;
    }
}
