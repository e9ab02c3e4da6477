// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochHeader, EpochStatus} from "../../src/types/Epoch.sol";
import {InboxKind} from "../../src/types/Inbox.sol";
import {PayoutRow} from "../../src/types/PayoutRow.sol";
import {SumNode} from "../../src/types/SumTreeTypes.sol";
import {Bookkeeping} from "./Bookkeeping.sol";
import {LeafTree, PlacedLeaf} from "./LeafTree.sol";
import {Random} from "./Random.sol";
import {RowTree} from "./RowTree.sol";
import {Books} from "./SettlementModel.sol";
import {vm} from "./Vm.sol";

/// @title What the poster does, and everybody with what it posted: epochs, parts, bond, finalising, claims.
abstract contract PosterSteps is Bookkeeping {
    using LeafTree for PlacedLeaf[];
    using Random for uint256;

    /// @dev Ordinary days: epochs are posted, windows pass, what is final is finalised, and payees are paid.
    function serve(uint256 seed) external step(seed) {
        uint256 epochs = seed.between("epochs", 1, 3);
        for (uint256 i = 0; i < epochs; ++i) {
            _postEpoch(seed.derive(i));
            if (seed.derive(i).oneIn("rest", 2)) _postRows(seed);
            nowSeconds += uint64(seed.derive(i).between("served", 0, WINDOW_SECONDS));
            vm.warp(nowSeconds);
        }
        while (statusOf(_nextEpoch()) == EpochStatus.Final) _finalise(actors[_actor(seed)], _nextEpoch());
        _claimNewest(_actor(seed.derive(1)));
        _claimNewest(_actor(seed.derive(2)));
    }

    function postEpoch(uint256 seed) external step(seed) {
        _postEpoch(seed);
    }

    function postRows(uint256 seed) external step(seed) {
        _postRows(seed);
    }

    /// @dev An epoch with one thing wrong: none is taken, and the right one from nobody else.
    function postWrong(uint256 seed) external step(seed) {
        if (freeBondWei() < EPOCH_BOND_WEI) return;
        (EpochHeader memory header, , PayoutRow[] memory rows) = _draft(seed);
        bytes memory data = abi.encodeCall(settlement.postEpoch, (header, RowTree.encode(rows, 0, rows.length)));
        _expect(actors[_actor(seed)], data, false, "only the poster posts");

        uint256 fault = seed.between("fault", 0, 6);
        if (fault < 3) (header, rows) = _draftOfWrongTime(seed, fault);
        if (fault == 3) ++header.leavesTotalMicrocredits;
        if (fault == 4) ++header.burnMicrocredits;
        if (fault == 5) ++header.parent;
        if (fault == 6) header.inboxCut = uint64(inbox.length) + 1;
        data = abi.encodeCall(settlement.postEpoch, (header, RowTree.encode(rows, 0, rows.length)));
        _expect(poster, data, false, "a wrong epoch is not taken");
    }

    function withdrawBond(uint256 seed) external step(seed) {
        uint256 amountWei = seed.between("amount", 0, freeBondWei() + (seed.oneIn("more", 3) ? EPOCH_BOND_WEI : 0));
        _withdrawBond(amountWei);
    }

    function finalise(uint256 seed) external step(seed) {
        uint64 id = seed.oneIn("any", 4) ? uint64(seed.between("epoch", 0, lastEpoch + 1)) : _nextEpoch();
        _finalise(actors[_actor(seed)], id);
    }

    /// @dev Anybody claims by any row of any epoch.
    function claim(uint256 seed) external step(seed) {
        uint64 newest = seed.oneIn("any", 4) ? lastEpoch : finalEpoch();
        if (newest == 0) return;
        uint64 id = uint64(seed.between("epoch", 1, newest));
        if (rowsOf[id].length == 0) return;
        uint32 part = uint32(seed.between("part", 0, rowsOf[id].length - 1));
        uint32 index = uint32(seed.between("index", 0, rowsOf[id][part].length - 1));
        _claim(actors[_actor(seed)], id, part, index);
    }

    /// @dev A row that was never posted: another payee, or more than the row says.
    function claimForged(uint256 seed) external step(seed) {
        uint64 id = finalEpoch();
        if (rowsOf[id].length == 0) return;
        PayoutRow[] memory rows = rowsOf[id][0];
        uint192 forged = uint192(bytes24(PayoutRow.unwrap(rows[0]))) + uint192(1) << (seed.oneIn("payee", 2) ? 160 : 32);
        bytes memory data = abi.encodeCall(
            settlement.claim, (id, 0, 0, PayoutRow.wrap(bytes24(forged)), RowTree.proof(rows, 0))
        );
        _expect(actors[_actor(seed)], data, false, "what was not posted is not paid");
    }

    function _postEpoch(uint256 seed) private {
        if (!seed.oneIn("bare", 4)) _addBond(poster, _missingBond());
        (EpochHeader memory header, Books memory next, PayoutRow[] memory rows) = _draft(seed);
        uint256 first = rows.length;
        if (rows.length > 1 && seed.oneIn("parts", 2)) first = seed.between("first", 1, rows.length - 1);

        // Whatever is open gives way, and no longer locks anything.
        bool isAllowed = !isExited && _freeBeside(line.length - 1 - finalHeight) >= EPOCH_BOND_WEI;
        bytes memory data = abi.encodeCall(settlement.postEpoch, (header, RowTree.encode(rows, 0, first)));
        _expect(poster, data, isAllowed, "an honest epoch is taken");
        if (!isAllowed) return;
        uint64 id = ++lastEpoch;
        openEpoch = id;
        books[id] = next;
        delete rowsLeft;
        for (uint256 i = first; i < rows.length; ++i) rowsLeft.push(rows[i]);
        if (first > 0) _keepPart(id, rows, 0, first);
        if (first == rows.length) _complete(id);
    }

    function _postRows(uint256 seed) private {
        bool isAllowed = !isExited && statusOf(openEpoch) == EpochStatus.Open;
        PayoutRow[] memory rows = rowsLeft;
        if (rows.length == 0) return;
        uint256 count = seed.between("count", 1, rows.length);
        uint64 id = isAllowed ? openEpoch : lastEpoch;
        bytes memory data = abi.encodeCall(settlement.postRows, (id, RowTree.encode(rows, 0, count)));
        _expect(poster, data, isAllowed, "a further part is taken while its epoch is open");
        if (!isAllowed) return;
        delete rowsLeft;
        for (uint256 i = count; i < rows.length; ++i) rowsLeft.push(rows[i]);
        _keepPart(id, rows, 0, count);
        if (count == rows.length) _complete(id);
    }

    function _withdrawBond(uint256 amountWei) internal {
        bool isAllowed = amountWei > 0 && amountWei <= freeBondWei();
        _expect(poster, abi.encodeCall(settlement.withdrawBond, (amountWei)), isAllowed, "free bond is withdrawn");
        if (!isAllowed) return;
        bondWei -= amountWei;
        walletWei[poster] += amountWei;
    }

    function _finalise(address caller, uint64 id) internal {
        bool isAllowed = statusOf(id) == EpochStatus.Final && books[id].parent == finalEpoch();
        uint256 supplyWei = token.totalSupply();
        _expect(caller, abi.encodeCall(settlement.finalise, (id)), isAllowed, "what is final is finalised, in order");
        if (!isAllowed) return;
        ++finalHeight;
        finalisedAt = nowSeconds;
        burntTotal += books[id].burnt;
        uint256 burntWei = books[id].burnt * WEI_PER_MICROCREDIT;
        uint256 mintedWei = token.totalSupply() + burntWei - supplyWei;
        require(mintedWei <= burntWei / 2 && mintedWei % WEI_PER_MICROCREDIT == 0, "at most half of what burns is minted");
        if (mintedWei > 0) _arrive(InboxKind.Emission, 0, uint64(mintedWei / WEI_PER_MICROCREDIT), 0);
    }

    function _claim(address caller, uint64 id, uint32 part, uint32 index) internal {
        PayoutRow[] memory rows = rowsOf[id][part];
        PayoutRow row = rows[index];
        uint256 actor = payeeActors[row.payeeId()];
        uint64 cumulative = row.cumulativeMicrocredits();
        bool isAllowed = statusOf(id) == EpochStatus.Finalised && cumulative > claimed[actor];
        bytes memory data = abi.encodeCall(settlement.claim, (id, part, index, row, RowTree.proof(rows, index)));
        _expect(caller, data, isAllowed, "a row of a final epoch is paid once");
        if (!isAllowed) return;
        uint64 paid = cumulative - claimed[actor];
        claimed[actor] = cumulative;
        claimedTotal += paid;
        walletWei[actors[actor]] += paid * WEI_PER_MICROCREDIT;
    }

    /// @dev By an actor's row in the newest final epoch that has one.
    function _claimNewest(uint256 actor) internal {
        uint64 id = books[finalEpoch()].rowEpoch[actor];
        for (uint32 part = 0; part < rowsOf[id].length; ++part) {
            for (uint32 index = 0; index < rowsOf[id][part].length; ++index) {
                if (rowsOf[id][part][index].payeeId() == payeeIds[actor]) _claim(actors[actor], id, part, index);
            }
        }
    }

    /// @dev An honest header over the head, with what follows from it. Cut and time are anything that the rules allow.
    function _draft(
        uint256 seed
    ) internal view returns (EpochHeader memory header, Books memory next, PayoutRow[] memory rows) {
        Books storage parent = books[headEpoch()];
        uint64 earliest = parent.closedAt > nowSeconds - 1 days ? parent.closedAt : nowSeconds - 1 days;
        uint64 closedAt = uint64(seed.between("closedAt", earliest, nowSeconds));
        uint64 cutMin = _cutOfItemsBefore(parent.inboxCut, closedAt - 1 days);
        uint64 cutMax = _cutOfItemsBefore(cutMin, nowSeconds + 1);
        return _draftAt(seed, closedAt, uint64(seed.oneIn("cut", 3) ? seed.between("cut", cutMin, cutMax) : cutMax));
    }

    function _draftAt(
        uint256 seed,
        uint64 closedAt,
        uint64 cut
    ) private view returns (EpochHeader memory header, Books memory next, PayoutRow[] memory rows) {
        header.parent = headEpoch();
        header.closedAt = closedAt;
        header.inboxCut = cut;
        (next, rows) = _booksAfter(lastEpoch + 1, header.parent, cut, seed);
        next.closedAt = closedAt;
        SumNode memory top = _leavesOf(lastEpoch + 1, next).topOf();
        header.journalPosition = next.journalPosition;
        header.journalHash = keccak256(abi.encode("journal", seed));
        header.burnMicrocredits = next.burnt;
        header.leavesRoot = top.hash;
        header.leavesTotalMicrocredits = uint64(top.sum);
        header.rowCount = uint32(rows.length);
    }

    /// @dev An epoch whose books close, but not when they may: it covers too young an item, leaves out too old a one, or was closed
    /// at a time that is not between now and a day ago. Without such an item its parent is wrong instead.
    function _draftOfWrongTime(
        uint256 seed,
        uint256 fault
    ) private view returns (EpochHeader memory header, PayoutRow[] memory rows) {
        uint64 parentCut = books[headEpoch()].inboxCut;
        uint64 count = uint64(inbox.length);
        uint64 wrongAt = seed.oneIn("late", 2) ? nowSeconds + 1 : nowSeconds - 1 days - 1;
        if (fault == 0) (header, , rows) = _draftAt(seed, wrongAt, _cutOfItemsBefore(parentCut, nowSeconds + 1));
        if (fault == 1) (header, , rows) = _draftAt(seed, nowSeconds, count);
        if (fault == 2) (header, , rows) = _draftAt(seed, nowSeconds, parentCut);
        bool isTooYoung = inbox[count - 1].arrivedAt + INBOX_AGE_SECONDS > nowSeconds;
        bool isLeftOut = parentCut < count && inbox[parentCut].arrivedAt + INBOX_AGE_SECONDS + 1 days < nowSeconds;
        if ((fault == 1 && !isTooYoung) || (fault == 2 && !isLeftOut)) ++header.parent;
    }

    /// @dev The cut, at least `from`, that covers each item that was older than D before `time`.
    function _cutOfItemsBefore(uint64 from, uint64 time) private view returns (uint64 cut) {
        cut = from;
        while (cut < inbox.length && inbox[cut].arrivedAt + INBOX_AGE_SECONDS < time) ++cut;
    }

    function _keepPart(uint64 id, PayoutRow[] memory rows, uint256 from, uint256 count) private {
        PayoutRow[] storage part = rowsOf[id].push();
        for (uint256 i = from; i < from + count; ++i) part.push(rows[i]);
    }

    function _complete(uint64 id) private {
        openEpoch = 0;
        books[id].completedAt = nowSeconds;
        books[id].finalAt = nowSeconds + WINDOW_SECONDS;
        line.push(id);
    }

    function _missingBond() private view returns (uint256) {
        uint256 freeWei = _freeBeside(line.length - 1 - finalHeight);
        return freeWei < EPOCH_BOND_WEI ? EPOCH_BOND_WEI * (line.length - finalHeight) - bondWei : 0;
    }
}
