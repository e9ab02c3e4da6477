// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {EpochChain} from "../libraries/EpochChain.sol";
import {PayoutRows} from "../libraries/PayoutRows.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {CancelReason, Epoch, EpochHeader, EpochStatus, RowsPart} from "../types/Epoch.sol";
import {SettlementInbox} from "./SettlementInbox.sol";
import {SettlementPayees} from "./SettlementPayees.sol";

/// @title Epochs: posted in parts, counted when their books close, final after a window.
abstract contract SettlementEpochs is SettlementInbox, SettlementPayees {
    using EpochChain for EpochChain.State;

    /// @notice How long the parts of an epoch may take, in seconds: many blocks for an honest poster, and short enough that a
    /// part written for yesterday's state is refused.
    uint64 public constant PARTS_PERIOD_SECONDS = 1 hours;

    /// @notice The longest window, in seconds. A window whose end is beyond every time would keep all payouts for ever.
    uint64 public constant WINDOW_SECONDS_MAX = 365 days;

    /// @inheritdoc ISettlement
    address public immutable poster;

    /// @inheritdoc ISettlement
    uint64 public immutable windowSeconds;

    /// @inheritdoc ISettlement
    uint64 public immutable inboxAgeSeconds;

    /// @inheritdoc ISettlement
    uint64 public lastEpoch;

    /// @inheritdoc ISettlement
    uint64 public finalEpoch;

    /// @dev The epoch that waits for parts; 0 when none does.
    uint64 private _openEpoch;

    EpochChain.State private _chain;
    mapping(uint64 epoch => Epoch) private _epochs;
    mapping(uint64 epoch => mapping(uint32 part => RowsPart)) private _parts;

    constructor(address poster_, uint64 windowSeconds_, uint64 inboxAgeSeconds_) {
        require(poster_ != address(0), AddressZero());
        require(windowSeconds_ <= WINDOW_SECONDS_MAX, PeriodTooLong(windowSeconds_, WINDOW_SECONDS_MAX));
        // An epoch must not lapse while one of its payees waits to be old enough for a later part.
        require(inboxAgeSeconds_ <= PARTS_PERIOD_SECONDS, PeriodTooLong(inboxAgeSeconds_, PARTS_PERIOD_SECONDS));
        poster = poster_;
        windowSeconds = windowSeconds_;
        inboxAgeSeconds = inboxAgeSeconds_;
    }

    modifier onlyPoster() {
        require(msg.sender == poster, CallerNotPoster(msg.sender));
        // Code could make up rows that stand in no calldata: a poster that is a contract, or an account that delegates to one
        // (EIP-7702), which is its own origin. Without code the caller is the transaction itself.
        require(msg.sender == tx.origin && msg.sender.code.length == 0, PosterNotDirect(msg.sender));
        _;
    }

    /// @inheritdoc ISettlement
    function postEpoch(EpochHeader calldata header, bytes calldata rows) external onlyPoster returns (uint64 id) {
        _requireFollowsHead(header);
        _lapseOpenEpoch();

        id = ++lastEpoch;
        _openEpoch = id;
        Epoch storage opened = _epochs[id];
        opened.parent = header.parent;
        opened.inboxCut = header.inboxCut;
        opened.journalPosition = header.journalPosition;
        opened.burnMicrocredits = header.burnMicrocredits;
        opened.journalHash = header.journalHash;
        opened.leavesRoot = header.leavesRoot;
        opened.leavesTotalMicrocredits = header.leavesTotalMicrocredits;
        opened.height = _chain.headHeight + 1;
        opened.rowCount = header.rowCount;
        opened.openedAt = uint64(block.timestamp);
        emit EpochOpened(id, header.parent, header.rowCount);

        if (header.rowCount > 0) _appendRows(id, opened, rows);
        else require(rows.length == 0, RowsTooMany(rows.length / PayoutRows.ROW_BYTES, 0));
        if (opened.rowsPosted == header.rowCount) _complete(id, opened);
    }

    /// @inheritdoc ISettlement
    function postRows(uint64 id, bytes calldata rows) external onlyPoster {
        require(epochStatus(id) == EpochStatus.Open, EpochNotOpen(id));
        Epoch storage opened = _epochs[id];
        _appendRows(id, opened, rows);
        if (opened.rowsPosted == opened.rowCount) _complete(id, opened);
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
        uint64 burnMicrocredits = posted.burnMicrocredits;
        emit EpochFinalised(id, burnMicrocredits);
        if (burnMicrocredits > 0) IDPCToken(token).burn(burnMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlement
    function headEpoch() public view returns (uint64) {
        return _chain.head();
    }

    /// @inheritdoc ISettlement
    function epoch(uint64 id) public view returns (Epoch memory) {
        return _epochs[id];
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
        if (id <= finalEpoch) return EpochStatus.Finalised;
        return block.timestamp < asked.completedAt + windowSeconds ? EpochStatus.Pending : EpochStatus.Final;
    }

    /// @inheritdoc ISettlement
    function isFinal(uint64 id) external view returns (bool) {
        EpochStatus status = epochStatus(id);
        return status == EpochStatus.Final || status == EpochStatus.Finalised;
    }

    /// @inheritdoc ISettlement
    function rowsRoot(uint64 id, uint32 part) external view returns (bytes32) {
        return _parts[id][part].root;
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

    /// @dev Payouts of the last finalised epoch and its ancestors.
    function _payoutsFinalisedMicrocredits() internal view returns (uint256) {
        return _epochs[finalEpoch].payoutsTotalMicrocredits;
    }

    function _requireFollowsHead(EpochHeader calldata header) private view {
        uint64 head = _chain.head();
        require(header.parent == head, ParentNotHead(header.parent, head));
        Epoch storage parent = _epochs[head];
        uint64 count = inboxCount();
        require(
            header.inboxCut >= parent.inboxCut && header.inboxCut <= count,
            InboxCutInvalid(header.inboxCut, parent.inboxCut, count)
        );
        require(
            header.journalPosition >= parent.journalPosition,
            JournalPositionBehindParent(header.journalPosition, parent.journalPosition)
        );
        if (header.inboxCut == 0) return;
        // Items arrive in order of time, so the last one covered is the youngest.
        uint64 coverableAt = inboxItem(header.inboxCut - 1).arrivedAt + inboxAgeSeconds;
        require(block.timestamp >= coverableAt, InboxItemTooYoung(header.inboxCut - 1, coverableAt));
    }

    function _lapseOpenEpoch() private {
        uint64 open = _openEpoch;
        if (open == 0) return;
        _openEpoch = 0;
        emit EpochLapsed(open);
    }

    function _appendRows(uint64 id, Epoch storage opened, bytes calldata rows) private {
        PayoutRows.Summary memory summary = PayoutRows.summarise(rows, id, opened.lastPayeeId);
        uint256 rowsPosted = opened.rowsPosted + summary.rowCount;
        require(rowsPosted <= opened.rowCount, RowsTooMany(rowsPosted, opened.rowCount));
        // Ids ascend, so the last one is the highest and the youngest.
        _requirePayable(summary.lastPayeeId, inboxAgeSeconds);

        uint32 part = opened.partCount++;
        // The casts fit: rowsPosted is at most rowCount, and 2^32 increments below 2^64 sum up below 2^96.
        opened.rowsPosted = uint32(rowsPosted);
        opened.lastPayeeId = summary.lastPayeeId;
        opened.payoutsMicrocredits += uint128(summary.payoutsMicrocredits);
        _parts[id][part] = RowsPart(
            summary.root,
            uint32(summary.rowCount),
            summary.firstPayeeId,
            summary.lastPayeeId
        );
        emit RowsPosted(id, part, summary.root, uint128(summary.payoutsMicrocredits));
    }

    function _complete(uint64 id, Epoch storage opened) private {
        Epoch storage parent = _epochs[opened.parent];
        uint128 payoutsTotal = parent.payoutsTotalMicrocredits + opened.payoutsMicrocredits;
        uint128 burnsTotal = parent.burnsTotalMicrocredits + opened.burnMicrocredits;
        uint256 inboxMicrocredits = inboxTotal(opened.inboxCut);
        uint256 accountedMicrocredits = uint256(opened.leavesTotalMicrocredits) + payoutsTotal + burnsTotal;
        require(
            inboxMicrocredits == accountedMicrocredits,
            BooksDoNotClose(inboxMicrocredits, accountedMicrocredits)
        );

        opened.payoutsTotalMicrocredits = payoutsTotal;
        opened.burnsTotalMicrocredits = burnsTotal;
        opened.completedAt = uint64(block.timestamp);
        _openEpoch = 0;
        _chain.push(id);
        _emitPosted(id, opened);
    }

    function _emitPosted(uint64 id, Epoch storage posted) private {
        emit EpochPosted(
            id,
            posted.parent,
            posted.inboxCut,
            posted.journalPosition,
            posted.journalHash,
            posted.leavesRoot,
            posted.leavesTotalMicrocredits,
            posted.payoutsMicrocredits,
            posted.burnMicrocredits,
            posted.completedAt + windowSeconds
        );
    }
}
