// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/settlement/Settlement.sol";
import {DPCToken} from "../../src/token/DPCToken.sol";
import {InboxItem} from "../../src/types/Inbox.sol";
import {InvariantTargets} from "./InvariantTargets.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {ACTORS, Arrival} from "./SettlementModel.sol";
import {vm} from "./Vm.sol";

/// @title What holds of settlement whatever wallets, an honest poster, disputes, guardian and time do.
contract SettlementInvariant is InvariantTargets {
    uint256 private constant WEI_PER_MICROCREDIT = 1e12;

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

    /// @notice All of the checks below, after one and the same sequence: a campaign for each would walk the same way five times.
    /// forge-config: default.invariant.runs = 32
    /// forge-config: default.invariant.depth = 200
    function invariant_settlementKeepsItsPromises() external {
        vm.warp(_handler.nowSeconds());
        _requireHoldingsAreWhatIsOwedAndTheBond();
        _requireEverybodyHasWhatTheBooksSay();
        _requireClaimsGrowUpToTheFinalRow();
        _requireTheInboxOnlyGrows();
        _requireEpochsStandWhereTheirWindowsPutThem();
    }

    /// @dev Settlement holds what it owes and the bond, to the wei, beside what was sent to it unasked.
    function _requireHoldingsAreWhatIsOwedAndTheBond() private view {
        uint256 heldWei = _token.balanceOf(address(_settlement));
        uint256 owedWei = _handler.owedMicrocredits() * WEI_PER_MICROCREDIT;
        require(heldWei == owedWei + _handler.bondWei() + _handler.donatedWei(), "holdings are owed + bond + donations");
        require(_settlement.bondWei() == _handler.bondWei(), "the bond is what was added less what left it");
        require(_settlement.freeBondWei() == _handler.freeBondWei(), "each epoch that waits locks its part of the bond");
    }

    /// @dev Everybody has exactly what the books say: nobody is paid twice, or in another's place, and no DPC is made or lost beside.
    function _requireEverybodyHasWhatTheBooksSay() private view {
        address[] memory parties = _handler.parties();
        uint256 sum = _token.balanceOf(address(_settlement));
        for (uint256 i = 0; i < parties.length; ++i) {
            require(_token.balanceOf(parties[i]) == _handler.walletWei(parties[i]), "a wallet has what it was paid");
            sum += _token.balanceOf(parties[i]);
        }
        require(_token.totalSupply() == sum, "supply is the sum of all balances");
    }

    /// @dev What a payee was paid never falls, and never exceeds its row in the newest final epoch.
    function _requireClaimsGrowUpToTheFinalRow() private view {
        for (uint256 i = 0; i < ACTORS; ++i) {
            uint32 id = _handler.payeeIds(i);
            require(_settlement.payeeId(_handler.actors(i)) == id, "an id stays with its account");
            if (id == 0) continue;
            (address account, ) = _settlement.payee(id);
            require(account == _handler.actors(i), "an account stays with its id");
            uint64 claimed = _settlement.claimedMicrocredits(id);
            require(claimed >= _handler.claimedBefore(i), "claims never fall");
            require(claimed <= _handler.finalCumulative(i), "claims are at most what final rows state");
            require(claimed == _handler.claimed(i), "claims are what was paid");
        }
    }

    /// @dev Inbox items are never changed or taken away, their sums never fall, and each says what arrived.
    function _requireTheInboxOnlyGrows() private view {
        uint64 count = _settlement.inboxCount();
        require(count >= _handler.inboxCountBefore(), "no item is taken away");
        require(count == _handler.inboxLength(), "what arrives is entered once");
        uint64 total = 0;
        for (uint64 i = 0; i < count; ++i) {
            InboxItem memory item = _settlement.inboxItem(i);
            Arrival memory expected = _handler.arrival(i);
            total += expected.amount;
            require(item.kind == expected.kind && item.amountMicrocredits == expected.amount, "an item says what arrived");
            require(item.arrivedAt == expected.arrivedAt, "an item says when it arrived");
            require(item.totalMicrocredits == total, "sums add up");
            if (expected.asked > 0) require(uint256(item.detail) == expected.asked, "an item says what was asked for");
        }
    }

    /// @dev Each epoch stands where line, windows and demands put it; what is finalised stays so.
    function _requireEpochsStandWhereTheirWindowsPutThem() private view {
        require(_settlement.lastEpoch() == _handler.lastEpoch(), "ids ascend");
        require(_settlement.headEpoch() == _handler.headEpoch(), "the head is the newest that counts");
        require(_settlement.finalEpoch() == _handler.finalEpoch(), "the final epoch is the last finalised one");
        require(_settlement.finalisedAt() == _handler.finalisedAt(), "silence is counted from the last finalisation");
        require((_settlement.exitStartedAt() != 0) == _handler.isExited(), "the exit starts once, for ever");
        for (uint64 id = 0; id <= _settlement.lastEpoch() + 1; ++id) {
            require(_settlement.epochStatus(id) == _handler.statusOf(id), "an epoch's status follows from its window");
        }
    }
}
