// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEmission} from "../interfaces/IEmission.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISettlementDisputed} from "../interfaces/ISettlementDisputed.sol";
import {ISettlementExit} from "../interfaces/ISettlementExit.sol";
import {EpochChain} from "../libraries/EpochChain.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {CancelReason, Epoch, EpochReach, EpochStatus, RowsPart} from "../types/Epoch.sol";
import {SettlementParameters} from "../types/SettlementParameters.sol";
import {SettlementBond} from "./SettlementBond.sol";
import {SettlementInbox} from "./SettlementInbox.sol";
import {SettlementPayees} from "./SettlementPayees.sol";

/// @title Where epochs stand: pending while their window runs or demands are open, then final, or cancelled.
abstract contract SettlementEpochs is SettlementInbox, SettlementPayees, SettlementBond {
    using EpochChain for EpochChain.State;

    /// @notice How long the parts of an epoch may take, in seconds: many blocks for an honest poster, and short enough that a
    /// part written for yesterday's state is refused.
    uint64 public constant PARTS_PERIOD_SECONDS = 1 hours;

    /// @notice The longest window, in seconds. A window whose end is beyond every time would keep all payouts for ever.
    uint64 public constant WINDOW_SECONDS_MAX = 365 days;

    /// @notice The longest exit period, in seconds: nobody plans for longer, and sums of times stay far below 2^64.
    uint64 public constant EXIT_SECONDS_MAX = 3_650 days;

    /// @notice The most rounds of demands.
    uint64 public constant ROUNDS_MAX = 64;

    /// @inheritdoc ISettlement
    uint64 public immutable windowSeconds;

    /// @inheritdoc ISettlement
    uint64 public immutable inboxAgeSeconds;

    /// @inheritdoc ISettlementDisputed
    uint64 public immutable answerSeconds;

    /// @inheritdoc ISettlementDisputed
    uint64 public immutable roundsMax;

    /// @inheritdoc ISettlementExit
    uint64 public immutable exitSeconds;

    /// @inheritdoc ISettlement
    uint64 public lastEpoch;

    /// @inheritdoc ISettlement
    uint64 public finalEpoch;

    /// @dev The epoch that waits for parts; 0 when none does.
    uint64 internal _openEpoch;

    /// @dev Height of the last finalised epoch.
    uint64 internal _finalHeight;

    /// @inheritdoc ISettlementExit
    uint64 public finalisedAt;

    EpochChain.State internal _chain;
    mapping(uint64 epoch => Epoch) internal _epochs;
    mapping(uint64 epoch => mapping(uint32 part => RowsPart)) internal _parts;

    constructor(SettlementParameters memory parameters) {
        _requireAtMost(parameters.windowSeconds, WINDOW_SECONDS_MAX);
        // An epoch must not lapse while one of its payees waits to be old enough for a later part.
        _requireAtMost(parameters.inboxAgeSeconds, PARTS_PERIOD_SECONDS);
        _requireAtMost(parameters.answerSeconds, WINDOW_SECONDS_MAX);
        _requireAtMost(parameters.exitSeconds, EXIT_SECONDS_MAX);
        require(parameters.roundsMax > 0, RoundsZero());
        require(parameters.roundsMax <= ROUNDS_MAX, RoundsTooMany(parameters.roundsMax, ROUNDS_MAX));
        // Three epochs in a row may be held back as long as demands can, and the operator is still there.
        uint64 lively = 3 * (parameters.windowSeconds + 2 * parameters.roundsMax * parameters.answerSeconds);
        require(parameters.exitSeconds > lively, ExitTooSoon(parameters.exitSeconds, lively));
        windowSeconds = parameters.windowSeconds;
        inboxAgeSeconds = parameters.inboxAgeSeconds;
        answerSeconds = parameters.answerSeconds;
        roundsMax = parameters.roundsMax;
        exitSeconds = parameters.exitSeconds;
        finalisedAt = uint64(block.timestamp);
    }

    /// @inheritdoc ISettlement
    function cancel(uint64 id) external onlyGuardian {
        if (epochStatus(id) == EpochStatus.Open) _lapseOpenEpoch();
        else _cancel(id, CancelReason.Guardian);
    }

    /// @inheritdoc ISettlement
    function finalise(uint64 id) external {
        EpochStatus status = epochStatus(id);
        require(status == EpochStatus.Final, EpochNotFinal(id, status));
        Epoch storage posted = _epochs[id];
        require(posted.parent == finalEpoch, ParentNotFinalised(id, posted.parent));
        finalEpoch = id;
        finalisedAt = uint64(block.timestamp);
        _finalHeight = posted.height;
        posted.isFinalised = true;
        uint64 burnMicrocredits = posted.burnMicrocredits;
        emit EpochFinalised(id, burnMicrocredits);
        uint256 burntWei = burnMicrocredits * WEI_PER_MICROCREDIT;
        if (burntWei > 0) _burn(burntWei);
        // What is minted is only known afterwards. The emission contract is ours and calls nobody but the token.
        uint256 mintedMicrocredits = IEmission(emission).mintEpoch(burntWei, posted.completedAt) / WEI_PER_MICROCREDIT;
        // Fits: the cap is 10^15 microcredits.
        if (mintedMicrocredits > 0) _appendEmission(id, uint64(mintedMicrocredits));
    }

    /// @inheritdoc ISettlementDisputed
    function openDemand(
        uint64 id,
        uint64 finalAt
    ) external onlyDisputes beforeExit returns (uint64 completedAt) {
        EpochStatus status = epochStatus(id);
        require(status == EpochStatus.Pending, EpochNotPending(id, status));
        Epoch storage pending = _epochs[id];
        ++pending.openDemands;
        if (finalAt > pending.finalAt) pending.finalAt = finalAt;
        return pending.completedAt;
    }

    /// @inheritdoc ISettlementDisputed
    function closeDemand(uint64 id) external onlyDisputes {
        --_epochs[id].openDemands;
    }

    /// @inheritdoc ISettlementDisputed
    function cancelDisputed(uint64 id, address asker) external onlyDisputes {
        _cancelAndSeize(id, CancelReason.Disputed, asker);
    }

    /// @inheritdoc ISettlement
    function headEpoch() public view returns (uint64) {
        return _chain.head();
    }

    /// @inheritdoc ISettlement
    function epoch(uint64 id) public view returns (Epoch memory) {
        return _epochs[id];
    }

    /// @inheritdoc ISettlementDisputed
    function reachOf(uint64 id) external view returns (EpochReach memory) {
        Epoch storage asked = _epochs[id];
        return EpochReach(asked.parent, asked.inboxCut, asked.journalPosition, asked.closedAt);
    }

    /// @inheritdoc ISettlementDisputed
    function leavesOf(uint64 id) external view returns (bytes32 root, uint64 totalMicrocredits) {
        Epoch storage asked = _epochs[id];
        return (asked.leavesRoot, asked.leavesTotalMicrocredits);
    }

    /// @inheritdoc ISettlement
    function epochStatus(uint64 id) public view returns (EpochStatus) {
        if (id == 0) return EpochStatus.Finalised;
        if (id > lastEpoch) return EpochStatus.Unknown;
        Epoch storage asked = _epochs[id];
        if (asked.completedAt == 0) {
            bool isOpen = id == _openEpoch && block.timestamp <= asked.openedAt + PARTS_PERIOD_SECONDS;
            return isOpen ? EpochStatus.Open : EpochStatus.Lapsed;
        }
        if (!_chain.contains(id, asked.height)) return EpochStatus.Cancelled;
        if (asked.isFinalised) return EpochStatus.Finalised;
        return _isHeldBack(id) ? EpochStatus.Pending : EpochStatus.Final;
    }

    /// @inheritdoc ISettlement
    function rowsPart(uint64 id, uint32 part) public view returns (RowsPart memory) {
        return _parts[id][part];
    }

    /// @dev Takes a pending epoch, all that descend from it and the open one off the line.
    function _cancel(uint64 id, CancelReason reason) internal {
        EpochStatus status = epochStatus(id);
        require(status == EpochStatus.Pending, EpochNotPending(id, status));
        _lapseOpenEpoch();
        _chain.cutAt(_epochs[id].height);
        emit EpochCancelled(id, lastEpoch, _chain.head(), reason);
    }

    function _inboxCut(uint64 id) internal view returns (uint64) {
        return _epochs[id].inboxCut;
    }

    /// @dev `_cancel` for a fault of the poster.
    function _cancelAndSeize(uint64 id, CancelReason reason, address rewarded) internal {
        _cancel(id, reason);
        _seizeBond(id, rewarded);
    }

    /// @dev Takes everything that is not finalised off the line.
    function _dropUnfinalised() internal {
        _lapseOpenEpoch();
        _chain.cutAt(_finalHeight + 1);
        emit EpochCancelled(finalEpoch + 1, lastEpoch, finalEpoch, CancelReason.Exit);
    }

    /// @dev The epoch that would be finalised next; 0 when there is none.
    function _nextEpoch() internal view returns (uint64) {
        return _finalHeight < _chain.headHeight ? _chain.epochAt[_finalHeight + 1] : 0;
    }

    /// @inheritdoc SettlementBond
    function _bondedEpochs() internal view override returns (uint256) {
        uint256 waiting = _chain.headHeight - _finalHeight;
        uint64 open = _openEpoch;
        return open != 0 && epochStatus(open) == EpochStatus.Open ? waiting + 1 : waiting;
    }

    function _lapseOpenEpoch() internal {
        uint64 open = _openEpoch;
        if (open == 0) return;
        _openEpoch = 0;
        emit EpochLapsed(open);
    }

    /// @dev Root and number of rows of a part whose payouts can be claimed. Reverts with `EpochNotFinalised`.
    function _claimablePart(uint64 id, uint32 part) internal view returns (bytes32 root, uint32 rowCount) {
        Epoch storage asked = _epochs[id];
        // The arguments of `require` are worked out either way, and the status costs as much as a proof.
        if (!asked.isFinalised) revert EpochNotFinalised(id, epochStatus(id));
        root = _parts[id][part].root;
        // The only part has all rows; that spares a claim a storage slot.
        rowCount = asked.partCount == 1 && part == 0 ? asked.rowCount : _parts[id][part].rowCount;
    }

    /// @dev Whether the window of a complete epoch on the line runs, or a demand on it is open, or so it is with an ancestor, with
    /// which it would be cancelled.
    function _isHeldBack(uint64 id) private view returns (bool) {
        for (uint64 last = finalEpoch; id > last; id = _epochs[id].parent) {
            Epoch storage asked = _epochs[id];
            if (block.timestamp < asked.finalAt || asked.openDemands > 0) return true;
        }
        return false;
    }

    function _requireAtMost(uint64 periodSeconds, uint64 maxSeconds) private pure {
        require(periodSeconds <= maxSeconds, PeriodTooLong(periodSeconds, maxSeconds));
    }
}
