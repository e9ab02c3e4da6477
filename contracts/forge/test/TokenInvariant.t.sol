// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InvariantTargets} from "./InvariantTargets.sol";
import {TokenHandler} from "./TokenHandler.sol";

/// @title What holds of DPC whatever its holders, the emission and the settlement contract do.
contract TokenInvariant is InvariantTargets {
    uint256 private constant CAP_WEI = 1_000_000_000e18;
    uint256 private constant GENESIS_WEI = 200_000_000e18;

    TokenHandler private _handler;

    function setUp() external {
        _handler = new TokenHandler();
        _target(address(_handler));
    }

    /// @notice All of the checks below, after one and the same sequence: a campaign for each would walk the same way three times.
    /// forge-config: default.invariant.runs = 96
    /// forge-config: default.invariant.depth = 100
    function invariant_tokenKeepsItsPromises() external view {
        _requireSupplyIsTheSumOfAllBalancesBelowTheCap();
        _requireOnlyGenesisAndEpochsMint();
        _requireEmissionStaysBelowScheduleAndBurns();
    }

    /// @dev Supply is what all holders have, and never above the cap.
    function _requireSupplyIsTheSumOfAllBalancesBelowTheCap() private view {
        address[] memory holders = _handler.holders();
        uint256 sum = 0;
        for (uint256 i = 0; i < holders.length; ++i) sum += _handler.token().balanceOf(holders[i]);
        require(_handler.token().totalSupply() == sum, "supply is the sum of all balances");
        require(sum <= CAP_WEI, "supply is at most the cap");
    }

    /// @dev Supply is genesis and what epochs minted, less what was burnt: nobody else ever minted.
    function _requireOnlyGenesisAndEpochsMint() private view {
        uint256 minted = _handler.mintedAfterGenesisWei() + (_handler.emission().isGenesisMinted() ? GENESIS_WEI : 0);
        uint256 burnt = _handler.burntForEpochsWei() + _handler.burntOtherwiseWei();
        require(_handler.token().totalSupply() == minted - burnt, "supply is what was minted less what was burnt");
    }

    /// @dev After genesis no more is minted than half of the burnt fees, and no more than the schedule has given by now.
    function _requireEmissionStaysBelowScheduleAndBurns() private view {
        uint256 minted = _handler.mintedAfterGenesisWei();
        require(minted <= _handler.burntForEpochsWei() / 2, "minted is at most half of what was burnt");
        require(minted <= _scheduleWei(_handler.nowSeconds() - _handler.STARTED_AT()), "minted is at most what the schedule gave");
    }

    /// @dev 100 000 DPC a day for two years, then half of that for two years, and so on: added up year pair by year pair, because the
    /// contract uses the closed form.
    function _scheduleWei(uint256 elapsedSeconds) private pure returns (uint256 givenWei) {
        uint256 dailyWei = 100_000e18;
        while (elapsedSeconds > 730 days) {
            givenWei += dailyWei * 730;
            dailyWei /= 2;
            elapsedSeconds -= 730 days;
        }
        givenWei += (dailyWei * elapsedSeconds) / 1 days;
    }
}
