// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Random} from "./Random.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {vm} from "./Vm.sol";

/// @title Shows that random steps reach what the invariants are about: an invariant of what never happens proves nothing.
contract Walk {
    using Random for uint256;

    uint256 private constant WALKS = 80;
    uint256 private constant STEPS = 200;

    mapping(string rule => uint256) private _allowed;
    mapping(string rule => uint256) private _refused;

    function test_stepsAreAllowedAndRefusedByEveryRule() external {
        vm.pauseGasMetering();
        for (uint256 walk = 0; walk < WALKS; ++walk) _walk(walk);
        _requireAllowedAndRefused();
        _requireAllowed("anybody registers anybody, at any time");
        _requireRefused("a wrong epoch is not taken");
        _requireRefused("only the poster posts");
        _requireRefused("only the guardian cancels");
        _requireRefused("only disputes cancel");
        _requireRefused("what was not posted is not paid");
        _requireRefused("a leaf is its account's alone");
        _requireRefused("an honest epoch leaves nobody unpaid");
        _requireRefused("an honest row follows from the one before");
        _requireRefused("an honest row has its previous one");
    }

    function _requireAllowedAndRefused() private view {
        string[17] memory rules = [
            "whole microcredits are deposited",
            "a withdrawal of something is forced",
            "a newer nonce is revoked",
            "anybody adds to the bond",
            "free bond is withdrawn",
            "the bond pays out of what is free",
            "an honest epoch is taken",
            "a further part is taken while its epoch is open",
            "what is final is finalised, in order",
            "a row of a final epoch is paid once",
            "what is pending is held back",
            "a demand ends whatever became of its epoch",
            "only what is pending is cancelled",
            "only what is not final is cancelled",
            "anybody starts the exit after N of silence",
            "a leaf is taken out once",
            "an item above the last final cut goes back once"
        ];
        for (uint256 i = 0; i < rules.length; ++i) {
            _requireAllowed(rules[i]);
            _requireRefused(rules[i]);
        }
    }

    function _requireAllowed(string memory rule) private view {
        require(_allowed[rule] > 0, rule);
    }

    function _requireRefused(string memory rule) private view {
        require(_refused[rule] > 0, rule);
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
            _allowed[rule] += handler.allowedCount(rule);
            _refused[rule] += handler.refusedCount(rule);
        }
    }

    function _steps(SettlementHandler handler) private pure returns (bytes4[] memory steps) {
        bytes4[29] memory all = [
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
            handler.takeLeafOfAnother.selector,
            handler.takeItems.selector
        ];
        steps = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) steps[i] = all[i];
    }
}
