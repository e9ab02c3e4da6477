// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochStatus, RowProof} from "../../src/types/Epoch.sol";
import {InboxKind} from "../../src/types/Inbox.sol";
import {PayoutRow} from "../../src/types/PayoutRow.sol";
import {Leaf} from "../../src/types/SumTreeTypes.sol";
import {PosterSteps} from "./PosterSteps.sol";
import {Random} from "./Random.sol";
import {RowTree} from "./RowTree.sol";
import {ACTORS} from "./SettlementModel.sol";

/// @title What the disputes contract and the guardian do, and who challenges an honest epoch in vain.
abstract contract DisputeSteps is PosterSteps {
    using Random for uint256;

    uint64 private constant HELD_BACK_SECONDS_MAX = WINDOW_SECONDS + 2 * ROUNDS_MAX * ANSWER_SECONDS;

    function openDemand(uint256 seed) external step(seed) {
        uint64 id = _anyEpoch(seed);
        uint64 finalAt = nowSeconds + uint64(seed.between("finalAt", 0, HELD_BACK_SECONDS_MAX));
        bool isAllowed = !isExited && statusOf(id) == EpochStatus.Pending;
        _expect(disputes, abi.encodeCall(settlement.openDemand, (id, finalAt)), isAllowed, "what is pending is held back");
        if (!isAllowed) return;
        ++books[id].openDemands;
        if (finalAt > books[id].finalAt) books[id].finalAt = finalAt;
    }

    function closeDemand(uint256 seed) external step(seed) {
        // A demand is looked for from a random epoch on, so that most calls find one.
        uint64 id = _anyEpoch(seed);
        for (uint64 i = 0; i < lastEpoch && books[id].openDemands == 0; ++i) id = (id % lastEpoch) + 1;
        bool isAllowed = books[id].openDemands > 0;
        _expect(disputes, abi.encodeCall(settlement.closeDemand, (id)), isAllowed, "a demand ends whatever became of its epoch");
        if (isAllowed) --books[id].openDemands;
    }

    function cancelDisputed(uint256 seed) external step(seed) {
        if (!seed.oneIn("rare", 2)) return;
        uint64 id = _anyEpoch(seed);
        address asker = actors[_actor(seed)];
        bool isAllowed = statusOf(id) == EpochStatus.Pending;
        bytes memory data = abi.encodeCall(settlement.cancelDisputed, (id, asker));
        _expect(disputes, data, isAllowed, "only what is pending is cancelled");
        if (!isAllowed) return;
        _cutLine(id);
        bondWei -= EPOCH_BOND_WEI;
        walletWei[asker] += EPOCH_BOND_WEI / 10;
    }

    function guardianCancel(uint256 seed) external step(seed) {
        if (!seed.oneIn("rare", 2)) return;
        uint64 id = _anyEpoch(seed);
        EpochStatus status = statusOf(id);
        bool isAllowed = status == EpochStatus.Pending || status == EpochStatus.Open;
        _expect(guardian, abi.encodeCall(settlement.cancel, (id)), isAllowed, "only what is not final is cancelled");
        if (!isAllowed) return;
        if (status == EpochStatus.Open) openEpoch = 0;
        else _cutLine(id);
    }

    function stopDeposits(uint256 seed) external step(seed) {
        if (!seed.oneIn("rare", 16)) return;
        _expect(guardian, abi.encodeCall(settlement.stopDeposits, ()), !isStopped, "deposits stop once");
        isStopped = true;
    }

    function compensate(uint256 seed) external step(seed) {
        address to = actors[_actor(seed)];
        uint64 asked = uint64(seed.between("asked", 0, 2 * COMPENSATION_MAX_MICROCREDITS));
        uint256 paid = asked < COMPENSATION_MAX_MICROCREDITS ? asked : COMPENSATION_MAX_MICROCREDITS;
        bool isAllowed = paid * WEI_PER_MICROCREDIT <= freeBondWei();
        _expect(disputes, abi.encodeCall(settlement.compensate, (to, asked)), isAllowed, "the bond pays out of what is free");
        if (!isAllowed) return;
        bondWei -= paid * WEI_PER_MICROCREDIT;
        walletWei[to] += paid * WEI_PER_MICROCREDIT;
    }

    function appendReceipt(uint256 seed) external step(seed) {
        uint256 actor = _actor(seed);
        bytes memory data = abi.encodeCall(settlement.appendReceipt, (actors[actor], bytes32(seed)));
        _expect(disputes, data, !isExited, "a receipt is pushed until the exit");
        if (!isExited) _arrive(InboxKind.Receipt, actor, 0, 0);
    }

    /// @dev Whoever challenges an honest epoch with what it posted itself is refused.
    function challenge(uint256 seed) external step(seed) {
        if (lastEpoch == 0) return;
        uint64 id = _anyEpoch(seed);
        address caller = actors[_actor(seed)];
        uint256 payee = _actor(seed.derive(1));
        (Leaf memory leaf, bytes memory siblings) = _proofOf(id, ACTORS + payee);
        uint64 index = uint64(seed.between("index", 0, inbox.length - 1));
        bytes memory data = abi.encodeCall(settlement.cancelUnpaid, (id, actors[payee], leaf, siblings, index));
        _expect(caller, data, false, "an honest epoch leaves nobody unpaid");
    }

    /// @dev Whoever challenges an honest row is refused, whatever other row is shown beside it.
    function challengeRow(uint256 seed) external step(seed) {
        if (lastEpoch == 0) return;
        uint64 id = _anyEpoch(seed);
        uint64 earlier = uint64(seed.between("earlier", 1, lastEpoch));
        if (rowsOf[id].length == 0 || rowsOf[earlier].length == 0) return;
        RowProof memory row = _anyRow(id, seed);
        bytes memory data = abi.encodeCall(settlement.cancelWrongRow, (row, _anyRow(earlier, seed.derive(2))));
        _expect(actors[_actor(seed)], data, false, "an honest row follows from the one before");
        uint32 part = uint32(seed.between("part", 0, 2));
        data = abi.encodeCall(settlement.cancelRowWithoutPrevious, (row, part, new RowProof[](0)));
        _expect(actors[_actor(seed)], data, false, "an honest row has its previous one");
    }

    function _anyEpoch(uint256 seed) private view returns (uint64) {
        return uint64(seed.oneIn("newest", 2) ? lastEpoch : seed.between("epoch", 0, lastEpoch));
    }

    function _anyRow(uint64 id, uint256 seed) private view returns (RowProof memory proof) {
        uint32 part = uint32(seed.between("part", 0, rowsOf[id].length - 1));
        PayoutRow[] memory rows = rowsOf[id][part];
        uint32 index = uint32(seed.between("index", 0, rows.length - 1));
        return RowProof(id, part, index, rows[index], RowTree.proof(rows, index));
    }
}
