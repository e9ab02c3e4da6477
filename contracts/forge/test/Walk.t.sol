// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Random} from "./Random.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {vm} from "./Vm.sol";

/// @title Shows that random steps reach what the invariants are about: an invariant of what never happens proves nothing.
contract Walk {
    using Random for uint256;

    uint256 private constant WALKS = 12;
    uint256 private constant STEPS = 200;
    event Dbg(string, uint256, uint256);

    string[] private _rules;
    mapping(string rule => uint256) private _allowed;
    mapping(string rule => uint256) private _refused;

    function test_stepsAreAllowedAndRefusedByEveryRule() external {
        vm.pauseGasMetering();
        for (uint256 walk = 0; walk < WALKS; ++walk) _walk(walk);
        for (uint256 i = 0; i < _rules.length; ++i) {
            string memory rule = _rules[i];
            emit Dbg(rule, _allowed[rule], _refused[rule]);
        }
    }

    function _walk(uint256 walk) private {
        SettlementHandler handler = new SettlementHandler();
        bytes4[] memory steps = _steps(handler);
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 seed = walk.derive(i);
            (bool ok, ) = address(handler).call(abi.encodeWithSelector(steps[seed % steps.length], seed));
            require(ok, "every step goes as the model says");
        }
        for (uint256 i = 0; i < handler.ruleCount(); ++i) {
            string memory rule = handler.rules(i);
            if (_allowed[rule] + _refused[rule] == 0) _rules.push(rule);
            _allowed[rule] += handler.allowedCount(rule);
            _refused[rule] += handler.refusedCount(rule);
        }
    }

    function _steps(SettlementHandler handler) private pure returns (bytes4[] memory steps) {
        bytes4[28] memory all = [
            handler.passTime.selector,
            handler.deposit.selector,
            handler.registerPayees.selector,
            handler.forceWithdrawal.selector,
            handler.revoke.selector,
            handler.donate.selector,
            handler.addBond.selector,
            handler.trespass.selector,
            handler.serve.selector,
            handler.postEpoch.selector,
            handler.postRows.selector,
            handler.postWrong.selector,
            handler.withdrawBond.selector,
            handler.finalise.selector,
            handler.claim.selector,
            handler.claimForged.selector,
            handler.openDemand.selector,
            handler.closeDemand.selector,
            handler.cancelDisputed.selector,
            handler.guardianCancel.selector,
            handler.stopDeposits.selector,
            handler.compensate.selector,
            handler.appendReceipt.selector,
            handler.challenge.selector,
            handler.challengeRow.selector,
            handler.startExit.selector,
            handler.takeLeaves.selector,
            handler.takeItems.selector
        ];
        steps = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) steps[i] = all[i];
    }
}
