// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InboxKind} from "../../src/types/Inbox.sol";
import {PayoutRow} from "../../src/types/PayoutRow.sol";
import {Leaf} from "../../src/types/SumTreeTypes.sol";
import {ActorSteps} from "./ActorSteps.sol";
import {LeafTree, PlacedLeaf} from "./LeafTree.sol";
import {Random} from "./Random.sol";
import {RowTree} from "./RowTree.sol";
import {ACTORS, Arrival, Books} from "./SettlementModel.sol";

/// @title The books of an honest poster: what an epoch takes in, moves, pays and burns.
abstract contract Bookkeeping is ActorSteps {
    using LeafTree for PlacedLeaf[];
    using Random for uint256;

    /// @dev Leaves by slot: a wallet each, its payouts that wait, and the network's own three.
    uint256 internal constant SLOTS = 2 * ACTORS + 3;
    uint256 private constant MOVES_MAX = 6;

    /// @dev The books of the next epoch over `parent`, with its payout rows by ascending payee id.
    function _booksAfter(
        uint64 id,
        uint64 parent,
        uint64 cut,
        uint256 seed
    ) internal view returns (Books memory next, PayoutRow[] memory rows) {
        next = books[parent];
        uint64 parentCut = next.inboxCut;
        next.parent = parent;
        next.inboxCut = cut;
        next.journalPosition += uint64(seed.between("position", 0, 100));
        next.openedAt = nowSeconds;
        next.completedAt = 0;
        next.finalAt = 0;
        next.openDemands = 0;
        next.burnt = 0;
        for (uint64 i = parentCut; i < cut; ++i) _takeIn(next, inbox[i]);
        uint256 moves = seed.between("moves", 0, MOVES_MAX);
        for (uint256 i = 0; i < moves; ++i) _move(next, seed.derive(i));
        for (uint64 i = parentCut; i < cut; ++i) if (inbox[i].kind == InboxKind.ForcedWithdrawal) _forceOut(next, inbox[i]);
        rows = _payRows(next, id);
    }

    /// @dev All leaves of an epoch that are not empty.
    function _leavesOf(uint64 id, Books memory kept) internal view returns (PlacedLeaf[] memory leaves) {
        uint256 count = 0;
        for (uint256 slot = 0; slot < SLOTS; ++slot) if (_sumOf(kept, slot) > 0) ++count;
        leaves = new PlacedLeaf[](count);
        count = 0;
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            if (_sumOf(kept, slot) > 0) leaves[count++] = PlacedLeaf(_placeOf(slot), _leafOf(id, kept, slot));
        }
    }

    /// @dev A leaf of an epoch with its siblings; none when it is empty and so stands nowhere.
    function _proofOf(uint64 id, uint256 slot) internal view returns (Leaf memory leaf, bytes memory siblings) {
        Books memory kept = books[id];
        leaf = _leafOf(id, kept, slot);
        if (_sumOf(kept, slot) > 0) siblings = _leavesOf(id, kept).siblingsOf(_placeOf(slot));
    }

    function _sumOf(Books memory kept, uint256 slot) internal pure returns (uint64) {
        if (slot < ACTORS) return kept.available[slot] + kept.held[slot];
        if (slot < 2 * ACTORS) return kept.waiting[slot - ACTORS];
        uint256 own = slot - 2 * ACTORS;
        return own == 0 ? kept.treasury : own == 1 ? kept.rewards : kept.clearing;
    }

    /// @dev The name of one of the last three slots.
    function _nameOf(uint256 slot) internal pure returns (string memory) {
        uint256 own = slot - 2 * ACTORS;
        return own == 0 ? "treasury" : own == 1 ? "rewards" : "clearing";
    }

    function _placeOf(uint256 slot) private view returns (bytes32) {
        if (slot < ACTORS) return keccak256(abi.encodePacked(actors[slot]));
        if (slot < 2 * ACTORS) return keccak256(abi.encodePacked("payable:", actors[slot - ACTORS]));
        return keccak256(bytes(_nameOf(slot)));
    }

    function _leafOf(uint64 id, Books memory kept, uint256 slot) private pure returns (Leaf memory leaf) {
        if (slot >= ACTORS) {
            leaf.available = _sumOf(kept, slot);
            return leaf;
        }
        leaf.available = kept.available[slot];
        leaf.held = kept.held[slot];
        leaf.lanesRoot = keccak256(abi.encode("lanes", id, slot));
        if (leaf.held > 0) leaf.holdsRoot = keccak256(abi.encode("holds", id, slot));
        leaf.receiptSequence = id;
    }

    function _takeIn(Books memory next, Arrival memory item) private pure {
        if (item.kind == InboxKind.Deposit) next.available[item.actor] += item.amount;
        if (item.kind == InboxKind.GenesisTreasury) next.treasury += item.amount;
        if (item.kind == InboxKind.GenesisRewards || item.kind == InboxKind.Emission) next.rewards += item.amount;
    }

    function _move(Books memory next, uint256 seed) private pure {
        uint256 from = _actor(seed);
        uint256 to = _actor(seed.derive(1));
        uint256 kind = seed.between("kind", 0, 9);
        uint64 amount = uint64(seed.between("amount", 0, next.available[from]));
        if (kind == 0) {
            next.available[from] -= amount;
            next.available[to] += amount;
        }
        if (kind == 1) {
            next.available[from] -= amount;
            next.held[from] += amount;
        }
        if (kind == 2) {
            next.available[to] += next.held[from];
            next.held[from] = 0;
        }
        if (kind == 3 || kind > 6) {
            next.available[from] -= amount;
            next.waiting[from] += amount;
        }
        if (kind == 4) {
            next.available[from] -= amount;
            next.treasury += amount;
        }
        if (kind == 5) _grant(next, to, uint64(seed.between("granted", 0, 100e6)));
        if (kind == 6) _burnFees(next, uint64(seed.between("burnt", 0, 50_000e6)));
    }

    function _grant(Books memory next, uint256 to, uint64 amount) private pure {
        if (amount > next.rewards) amount = next.rewards;
        next.rewards -= amount;
        next.available[to] += amount;
        // Some credits are on their way to another ledger.
        if (amount % 2 == 1) {
            next.available[to] -= amount;
            next.clearing += amount;
        }
    }

    function _burnFees(Books memory next, uint64 amount) private pure {
        if (amount > next.treasury) amount = next.treasury;
        next.treasury -= amount;
        next.burnt += amount;
    }

    /// @dev Paid whole, or leaving nothing available.
    function _forceOut(Books memory next, Arrival memory item) private pure {
        uint64 available = next.available[item.actor];
        uint64 amount = item.asked < available ? item.asked : available;
        next.available[item.actor] -= amount;
        next.waiting[item.actor] += amount;
    }

    function _payRows(Books memory next, uint64 id) private view returns (PayoutRow[] memory rows) {
        uint256 count = 0;
        for (uint256 payee = 1; payee < payeeActors.length; ++payee) if (_isDue(next, payeeActors[payee])) ++count;
        rows = new PayoutRow[](count);
        count = 0;
        for (uint256 payee = 1; payee < payeeActors.length; ++payee) {
            uint256 actor = payeeActors[payee];
            if (!_isDue(next, actor)) continue;
            uint64 amount = next.waiting[actor];
            next.waiting[actor] = 0;
            next.cumulative[actor] += amount;
            rows[count++] = RowTree.row(uint32(payee), amount, next.cumulative[actor], uint32(next.rowEpoch[actor]));
            next.rowEpoch[actor] = id;
        }
    }

    function _isDue(Books memory next, uint256 actor) private view returns (bool) {
        return next.waiting[actor] > 0 && registeredAt[actor] + INBOX_AGE_SECONDS <= nowSeconds;
    }
}
