// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/settlement/Settlement.sol";
import {DPCToken} from "../../src/token/DPCToken.sol";
import {InvariantTargets} from "./InvariantTargets.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {ACTORS} from "./SettlementModel.sol";

/// @title From wherever settlement stands, everybody gets out although poster, guardian and disputes do nothing more.
contract ExitInvariant is InvariantTargets {
    SettlementHandler private _handler;
    Settlement private _settlement;
    DPCToken private _token;

    function setUp() external {
        _handler = new SettlementHandler();
        _settlement = _handler.settlement();
        _token = _handler.token();
        _target(address(_handler));
        _spare(SettlementHandler.everybodyLeaves.selector);
    }

    /// @notice After N of silence strangers fetch everything for everybody, each gets what the last final epoch and the inbox above it
    /// say, and nothing is left but what was sent unasked. Forge throws away what a check changes, so the run goes on from before.
    /// forge-config: default.invariant.runs = 12
    /// forge-config: default.invariant.depth = 120
    function invariant_everybodyGetsOut() external {
        _handler.everybodyLeaves();
        require(_settlement.exitStartedAt() != 0, "the exit has started");
        require(_handler.owedMicrocredits() == 0, "nothing is owed any more");
        require(_settlement.bondWei() == 0, "the bond is with the poster");
        require(_token.balanceOf(address(_settlement)) == _handler.donatedWei(), "nothing is left but donations");
        for (uint256 i = 0; i < ACTORS; ++i) {
            address actor = _handler.actors(i);
            require(_token.balanceOf(actor) == _handler.walletWei(actor), "everybody has what was theirs");
            uint32 id = _handler.payeeIds(i);
            if (id == 0) continue;
            require(_settlement.claimedMicrocredits(id) == _handler.finalCumulative(i), "all final rows are paid");
        }
    }
}
