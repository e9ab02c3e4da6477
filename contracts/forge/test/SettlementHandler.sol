// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochStatus} from "../../src/types/Epoch.sol";
import {InboxKind} from "../../src/types/Inbox.sol";
import {Leaf} from "../../src/types/SumTreeTypes.sol";
import {DisputeSteps} from "./DisputeSteps.sol";
import {Random} from "./Random.sol";
import {ACTORS, Arrival} from "./SettlementModel.sol";
import {vm} from "./Vm.sol";

/// @title Everything that anybody does with settlement, the way out included.
contract SettlementHandler is DisputeSteps {
    using Random for uint256;

    /// @dev Two wallets are customers from the beginning, so that there is something to account for.
    constructor() {
        for (uint256 actor = 0; actor < 2; ++actor) {
            _register(actors[actor], actor);
            _deposit(actor, 1_000e6 * WEI_PER_MICROCREDIT, true);
        }
    }

    function startExit(uint256 seed) external step(seed) {
        // Seldom before there is something to take out.
        if (seed.oneIn("silence", finalHeight < 4 ? 30 : 3)) nowSeconds += EXIT_SECONDS;
        vm.warp(nowSeconds);
        _startExit(actors[_actor(seed)]);
    }

    function takeLeaves(uint256 seed) external step(seed) {
        for (uint256 i = 0; i < 3; ++i) _takeLeaf(actors[_actor(seed)], seed.derive(i).between("slot", 0, SLOTS - 1));
    }

    /// @dev Somebody shows another's leaf as their own.
    function takeLeafOfAnother(uint256 seed) external step(seed) {
        uint256 slot = _actor(seed);
        (Leaf memory leaf, bytes memory siblings) = _proofOf(finalEpoch(), slot);
        address thief = actors[(slot + 1) % ACTORS];
        bytes memory data = abi.encodeCall(settlement.exitClaim, (thief, seed.oneIn("payable", 2), leaf, siblings));
        _expect(thief, data, false, "a leaf is its account's alone");
    }

    function takeItems(uint256 seed) external step(seed) {
        // Most of the inbox is covered: one step in two looks only at what is not.
        uint64 from = seed.oneIn("above", 2) ? books[finalEpoch()].inboxCut : 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint64 index = uint64(seed.derive(i).between("item", from, inbox.length));
            _takeItem(actors[_actor(seed)], index, seed.derive(i).oneIn("deposit", 2));
        }
    }

    /// @notice Nobody but strangers does anything any more: they wait, start the exit, and fetch everything for everybody.
    function everybodyLeaves() external {
        address stranger = distribution;
        uint64 silentSince = nowSeconds;
        vm.warp(nowSeconds);
        while (!isExited) {
            while (statusOf(_nextEpoch()) == EpochStatus.Final) _finalise(stranger, _nextEpoch());
            if (nowSeconds < finalisedAt + EXIT_SECONDS) nowSeconds = finalisedAt + EXIT_SECONDS;
            vm.warp(nowSeconds);
            if (statusOf(_nextEpoch()) != EpochStatus.Final) _startExit(stranger);
        }
        // A wait until N has passed, one more after what was final then, and one after what became final meanwhile.
        require(nowSeconds <= silentSince + 3 * EXIT_SECONDS, "nobody waits longer than three times N");
        for (uint256 actor = 0; actor < ACTORS; ++actor) _claimNewest(actor);
        for (uint256 slot = 0; slot < SLOTS; ++slot) _takeLeaf(stranger, slot);
        for (uint64 index = 0; index < inbox.length; ++index) {
            _takeItem(stranger, index, true);
            _takeItem(stranger, index, false);
        }
        if (bondWei > 0) _withdrawBond(bondWei);
    }

    function inboxLength() external view returns (uint64) {
        return uint64(inbox.length);
    }

    function arrival(uint64 index) external view returns (Arrival memory) {
        return inbox[index];
    }

    function _startExit(address caller) private {
        bool isWaiting = statusOf(_nextEpoch()) == EpochStatus.Final;
        bool isAllowed = !isExited && nowSeconds >= finalisedAt + EXIT_SECONDS && !isWaiting;
        _expect(caller, abi.encodeCall(settlement.startExit, ()), isAllowed, "anybody starts the exit after N of silence");
        if (!isAllowed) return;
        isExited = true;
        if (finalEpoch() != headEpoch()) _cutLine(_nextEpoch());
        openEpoch = 0;
    }

    function _takeLeaf(address caller, uint256 slot) private {
        uint64 id = finalEpoch();
        uint64 amount = _sumOf(books[id], slot);
        bool isAllowed = isExited && amount > 0 && !isLeafTaken[slot];
        (Leaf memory leaf, bytes memory siblings) = _proofOf(id, slot);
        bool isNamed = slot >= 2 * ACTORS;
        address account = isNamed ? address(0) : actors[slot % ACTORS];
        bytes memory data = isNamed
            ? abi.encodeCall(settlement.exitBurn, (_nameOf(slot), leaf, siblings))
            : abi.encodeCall(settlement.exitClaim, (account, slot >= ACTORS, leaf, siblings));
        _expect(caller, data, isAllowed, "a leaf is taken out once");
        if (!isAllowed) return;
        isLeafTaken[slot] = true;
        takenOutTotal += amount;
        if (!isNamed) walletWei[account] += amount * WEI_PER_MICROCREDIT;
    }

    function _takeItem(address caller, uint64 index, bool isDeposit) private {
        bool isAllowed = isExited && index < inbox.length && index >= books[finalEpoch()].inboxCut && !isItemTaken[index];
        if (isAllowed) isAllowed = _isReturned(inbox[index].kind, isDeposit);
        bytes memory data = isDeposit
            ? abi.encodeCall(settlement.exitDeposit, (index))
            : abi.encodeCall(settlement.exitBurnItem, (index));
        _expect(caller, data, isAllowed, "an item above the last final cut goes back once");
        if (!isAllowed) return;
        isItemTaken[index] = true;
        takenOutTotal += inbox[index].amount;
        if (isDeposit) walletWei[actors[inbox[index].actor]] += inbox[index].amount * WEI_PER_MICROCREDIT;
    }

    /// @dev Whether an item of this kind is returned as a deposit, or burnt otherwise.
    function _isReturned(InboxKind kind, bool isDeposit) private pure returns (bool) {
        if (kind == InboxKind.Deposit) return isDeposit;
        bool isMinted = kind == InboxKind.GenesisTreasury || kind == InboxKind.GenesisRewards || kind == InboxKind.Emission;
        return isMinted && !isDeposit;
    }
}
