// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochStatus} from "../../src/types/Epoch.sol";
import {InboxKind} from "../../src/types/Inbox.sol";
import {PayoutRow} from "../../src/types/PayoutRow.sol";
import {Deployment} from "./Deployment.sol";
import {vm} from "./Vm.sol";

/// @dev How many wallets take part.
uint256 constant ACTORS = 5;

/// @dev What an epoch states, as an honest poster keeps it: what every account has at its end. Amounts in microcredits.
struct Books {
    uint64 parent;
    uint64 inboxCut;
    uint64 journalPosition;
    uint64 closedAt;
    uint64 openedAt;
    /// @dev 0 until its last part is posted.
    uint64 completedAt;
    uint64 finalAt;
    uint64 openDemands;
    /// @dev Fees burnt by this epoch alone.
    uint64 burnt;
    uint64 treasury;
    uint64 rewards;
    uint64 clearing;
    uint64[ACTORS] available;
    uint64[ACTORS] held;
    /// @dev Withdrawn, not yet in a row.
    uint64[ACTORS] waiting;
    /// @dev In rows of this epoch and its ancestors.
    uint64[ACTORS] cumulative;
    /// @dev The epoch of the newest row, 0 when there is none.
    uint64[ACTORS] rowEpoch;
}

/// @dev An inbox item as this model expects it.
struct Arrival {
    InboxKind kind;
    uint256 actor;
    uint64 amount;
    /// @dev What a forced withdrawal asks for.
    uint64 asked;
    uint64 arrivedAt;
}

/// @title What should be, kept beside the contract by simpler means.
abstract contract SettlementModel is Deployment {
    uint256 internal constant WEI_PER_MICROCREDIT = 1e12;
    uint256 internal constant ACTOR_WEI = 5_000_000e18;

    /// @dev The time of the next call. Forge may forget a warp between two calls, so each sets it again.
    uint64 public nowSeconds = STARTED_AT;

    /// @dev What each party's balance of DPC should be, in wei.
    mapping(address party => uint256) public walletWei;
    uint256 public bondWei;
    uint256 public donatedWei;
    uint64 public claimedTotal;
    uint64 public burntTotal;
    uint64 public takenOutTotal;

    bool public isExited;
    bool internal isStopped;
    uint64 public finalisedAt = STARTED_AT;

    /// @dev The epochs that count, by height; the root is epoch 0.
    uint64[] internal line;
    uint64 internal finalHeight;
    uint64 internal openEpoch;
    uint64 public lastEpoch;
    mapping(uint64 epoch => Books) internal books;
    /// @dev Rows as posted, by part, and those that the open epoch still announces.
    mapping(uint64 epoch => PayoutRow[][]) internal rowsOf;
    PayoutRow[] internal rowsLeft;

    Arrival[] internal inbox;
    uint64 public inboxSum;

    address[ACTORS] public actors;
    uint32[ACTORS] public payeeIds;
    uint64[ACTORS] internal registeredAt;
    /// @dev The actor of each payee id; ids start at 1.
    uint256[] internal payeeActors;
    uint64[ACTORS] public claimed;

    mapping(uint256 slot => bool) internal isLeafTaken;
    mapping(uint64 index => bool) internal isItemTaken;

    /// @dev The rules that calls were held against, and how often each call was allowed, and refused.
    string[] public rules;
    mapping(string rule => uint256) public allowedCount;
    mapping(string rule => uint256) public refusedCount;

    constructor() {
        line.push(0);
        payeeActors.push(ACTORS);
        _arrive(InboxKind.GenesisTreasury, ACTORS, 50_000_000e6, 0);
        _arrive(InboxKind.GenesisRewards, ACTORS, 100_000_000e6, 0);
        walletWei[distribution] = 50_000_000e18;
        for (uint256 i = 0; i < ACTORS; ++i) _fund(actors[i] = vm.addr(0xb00 + i));
        _fund(poster);
    }

    /// @notice Everybody but settlement who can hold DPC here.
    function parties() public view returns (address[] memory all) {
        all = new address[](ACTORS + 6);
        for (uint256 i = 0; i < ACTORS; ++i) all[i] = actors[i];
        all[ACTORS] = poster;
        all[ACTORS + 1] = guardian;
        all[ACTORS + 2] = disputes;
        all[ACTORS + 3] = distribution;
        all[ACTORS + 4] = address(token);
        all[ACTORS + 5] = address(emission);
    }

    /// @notice What the books owe: everything that arrived and was neither burnt nor paid, in microcredits.
    function owedMicrocredits() public view returns (uint256) {
        return uint256(inboxSum) - burntTotal - claimedTotal - takenOutTotal;
    }

    /// @notice The newest final epoch.
    function finalEpoch() public view returns (uint64) {
        return line[finalHeight];
    }

    /// @notice The epoch to build on.
    function headEpoch() public view returns (uint64) {
        return line[line.length - 1];
    }

    /// @notice What rows of final epochs pay an actor in all.
    function finalCumulative(uint256 actor) public view returns (uint64) {
        return books[finalEpoch()].cumulative[actor];
    }

    /// @notice How many rules calls were held against so far.
    function ruleCount() external view returns (uint256) {
        return rules.length;
    }

    /// @notice What no epoch has locked of the bond.
    function freeBondWei() public view returns (uint256) {
        bool isOpen = statusOf(openEpoch) == EpochStatus.Open;
        return _freeBeside(line.length - 1 - finalHeight + (isOpen ? 1 : 0));
    }

    /// @notice Where an epoch stands: by its place on the line, its window, and its demands.
    function statusOf(uint64 id) public view returns (EpochStatus) {
        if (id == 0) return EpochStatus.Finalised;
        if (id > lastEpoch) return EpochStatus.Unknown;
        Books storage asked = books[id];
        if (asked.completedAt == 0) {
            return id == openEpoch && nowSeconds <= asked.openedAt + 1 hours ? EpochStatus.Open : EpochStatus.Lapsed;
        }
        bool isHeldBack = false;
        for (uint256 height = 1; height < line.length; ++height) {
            Books storage passed = books[line[height]];
            if (height > finalHeight) isHeldBack = isHeldBack || nowSeconds < passed.finalAt || passed.openDemands > 0;
            if (line[height] != id) continue;
            if (height <= finalHeight) return EpochStatus.Finalised;
            return isHeldBack ? EpochStatus.Pending : EpochStatus.Final;
        }
        return EpochStatus.Cancelled;
    }

    /// @dev The epoch that is finalised next; above all ids when there is none.
    function _nextEpoch() internal view returns (uint64) {
        return finalHeight + 1 < line.length ? line[finalHeight + 1] : lastEpoch + 1;
    }

    /// @dev What the bond has free while `locking` epochs lock a part of it.
    function _freeBeside(uint256 locking) internal view returns (uint256) {
        return bondWei - locking * EPOCH_BOND_WEI;
    }

    function _arrive(InboxKind kind, uint256 actor, uint64 amount, uint64 asked) internal {
        inbox.push(Arrival(kind, actor, amount, asked, nowSeconds));
        inboxSum += amount;
    }

    /// @dev Takes an epoch and all above it off the line, and gives up the open one.
    function _cutLine(uint64 id) internal {
        openEpoch = 0;
        while (headEpoch() != id) line.pop();
        line.pop();
    }

    /// @dev Calls settlement and requires that it answers as the model says it must.
    function _expect(address from, bytes memory data, bool isAllowed, string memory rule) internal {
        vm.prank(from, from);
        (bool ok, ) = address(settlement).call(data);
        require(ok == isAllowed, rule);
        if (allowedCount[rule] + refusedCount[rule] == 0) rules.push(rule);
        isAllowed ? ++allowedCount[rule] : ++refusedCount[rule];
    }

    function _fund(address party) private {
        vm.prank(distribution);
        token.transfer(party, ACTOR_WEI);
        vm.prank(party);
        token.approve(address(settlement), type(uint256).max);
        walletWei[distribution] -= ACTOR_WEI;
        walletWei[party] += ACTOR_WEI;
    }
}
