// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InboxKind} from "../../src/types/Inbox.sol";
import {Random} from "./Random.sol";
import {ACTORS, SettlementModel} from "./SettlementModel.sol";
import {vm} from "./Vm.sol";

/// @title What wallets do: they deposit, register, ask to get out, revoke, and send what nobody asked for.
abstract contract ActorSteps is SettlementModel {
    using Random for uint256;

    mapping(uint256 actor => mapping(uint256 delegate => uint64)) private _revoked;

    /// @dev What stood before the last step, for what may only grow.
    uint64[ACTORS] public claimedBefore;
    uint64 public inboxCountBefore;

    /// @dev Lets a little time pass, and remembers what stood before.
    modifier step(uint256 seed) {
        nowSeconds += uint64(seed.between("step", 0, 20 minutes));
        vm.warp(nowSeconds);
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (payeeIds[i] != 0) claimedBefore[i] = settlement.claimedMicrocredits(payeeIds[i]);
        }
        inboxCountBefore = settlement.inboxCount();
        _;
    }

    function passTime(uint256 seed) external step(seed) {
        nowSeconds += uint64(seed.oneIn("long", 4) ? seed.between("days", 0, 3 days) : seed.between("hours", 0, 1 days));
    }

    function deposit(uint256 seed) external step(seed) {
        uint256 actor = _actor(seed);
        uint64 amount = uint64(seed.between("amount", 0, seed.oneIn("small", 3) ? 3 : 1_000e6));
        bool isWhole = !seed.oneIn("finer", 8);
        uint256 amountWei = amount * WEI_PER_MICROCREDIT + (isWhole ? 0 : 1);
        bool isAllowed = !isExited && !isStopped && amount > 0 && isWhole && amountWei <= walletWei[actors[actor]];
        _deposit(actor, amountWei, isAllowed);
    }

    function registerPayees(uint256 seed) external step(seed) {
        _register(actors[_actor(seed.derive(1))], _actor(seed));
    }

    function forceWithdrawal(uint256 seed) external step(seed) {
        uint256 actor = _actor(seed);
        uint64 asked = uint64(seed.between("asked", 0, seed.oneIn("all", 4) ? type(uint64).max : 500e6));
        bool isAllowed = !isExited && asked > 0;
        _expect(actors[actor], abi.encodeCall(settlement.forceWithdrawal, (asked)), isAllowed, "a withdrawal of something is forced");
        if (isAllowed) _arrive(InboxKind.ForcedWithdrawal, actor, 0, asked);
    }

    function revoke(uint256 seed) external step(seed) {
        uint256 actor = _actor(seed);
        uint256 delegate = _actor(seed.derive(1));
        uint64 nonce = uint64(seed.between("nonce", 1, 20));
        bool isAllowed = !isExited && nonce > _revoked[actor][delegate];
        _expect(actors[actor], abi.encodeCall(settlement.revoke, (actors[delegate], nonce)), isAllowed, "a newer nonce is revoked");
        if (!isAllowed) return;
        _revoked[actor][delegate] = nonce;
        _arrive(InboxKind.Revocation, actor, 0, 0);
    }

    /// @dev Tokens that are sent without being deposited.
    function donate(uint256 seed) external step(seed) {
        address from = actors[_actor(seed)];
        uint256 amountWei = seed.between("amount", 0, 1e18);
        vm.prank(from);
        token.transfer(address(settlement), amountWei);
        walletWei[from] -= amountWei;
        donatedWei += amountWei;
    }

    function addBond(uint256 seed) external step(seed) {
        address from = seed.oneIn("own", 2) ? poster : actors[_actor(seed)];
        _addBond(from, seed.between("amount", 0, 3 * EPOCH_BOND_WEI));
    }

    /// @dev Everybody tries what is not theirs to do.
    function trespass(uint256 seed) external step(seed) {
        address caller = seed.oneIn("insider", 2) ? distribution : actors[_actor(seed)];
        uint64 id = uint64(seed.between("epoch", 0, lastEpoch));
        _expect(caller, abi.encodeCall(settlement.cancel, (id)), false, "only the guardian cancels");
        _expect(caller, abi.encodeCall(settlement.stopDeposits, ()), false, "only the guardian stops deposits");
        _expect(caller, abi.encodeCall(settlement.withdrawBond, (1)), false, "only the poster takes its bond");
        _expect(caller, abi.encodeCall(settlement.openDemand, (id, nowSeconds)), false, "only disputes hold back");
        _expect(caller, abi.encodeCall(settlement.closeDemand, (id)), false, "only disputes close");
        _expect(caller, abi.encodeCall(settlement.cancelDisputed, (id, caller)), false, "only disputes cancel");
        _expect(caller, abi.encodeCall(settlement.compensate, (caller, 1)), false, "only disputes compensate");
        _expect(caller, abi.encodeCall(settlement.appendReceipt, (caller, 0)), false, "only disputes push receipts");
        _expect(caller, abi.encodeCall(settlement.appendGenesis, (1, 1)), false, "only the emission appends genesis");
    }

    function _deposit(uint256 actor, uint256 amountWei, bool isAllowed) internal {
        _expect(actors[actor], abi.encodeCall(settlement.deposit, (amountWei)), isAllowed, "whole microcredits are deposited");
        if (!isAllowed) return;
        walletWei[actors[actor]] -= amountWei;
        _arrive(InboxKind.Deposit, actor, uint64(amountWei / WEI_PER_MICROCREDIT), 0);
    }

    function _register(address caller, uint256 actor) internal {
        // Twice in one call: the second time it is known.
        address[] memory accounts = new address[](2);
        accounts[0] = actors[actor];
        accounts[1] = actors[actor];
        _expect(caller, abi.encodeCall(settlement.registerPayees, (accounts)), true, "anybody registers anybody, at any time");
        if (payeeIds[actor] != 0) return;
        payeeIds[actor] = uint32(payeeActors.length);
        registeredAt[actor] = nowSeconds;
        payeeActors.push(actor);
    }

    function _addBond(address from, uint256 amountWei) internal {
        bool isAllowed = amountWei > 0 && amountWei <= walletWei[from];
        _expect(from, abi.encodeCall(settlement.addBond, (amountWei)), isAllowed, "anybody adds to the bond");
        if (!isAllowed) return;
        walletWei[from] -= amountWei;
        bondWei += amountWei;
    }

    function _actor(uint256 seed) internal pure returns (uint256) {
        return seed.between("actor", 0, ACTORS - 1);
    }
}
