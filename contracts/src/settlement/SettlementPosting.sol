// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {EpochChain} from "../libraries/EpochChain.sol";
import {PayoutRows} from "../libraries/PayoutRows.sol";
import {Epoch, EpochHeader, EpochStatus, RowsPart} from "../types/Epoch.sol";
import {SettlementEpochs} from "./SettlementEpochs.sol";

/// @title Epochs on their way in: posted in parts, counted when their books close.
abstract contract SettlementPosting is SettlementEpochs {
    using EpochChain for EpochChain.State;

    /// @inheritdoc ISettlement
    uint64 public constant LAG_SECONDS_MAX = 1 days;

    /// @inheritdoc ISettlement
    uint64 public constant INBOX_SLACK_SECONDS = 1 days;

    modifier onlyPlainPoster() {
        _requirePlainPoster();
        _;
    }

    /// @inheritdoc ISettlement
    function postEpoch(EpochHeader calldata header, bytes calldata rows) external onlyPlainPoster beforeExit returns (uint64 id) {
        _requireFollowsHead(header);
        _lapseOpenEpoch();
        _requireFreeBond(epochBondWei);

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
        // An epoch a second would take 136 years to pass 32 bits.
        opened.height = uint32(_chain.headHeight + 1);
        opened.rowCount = header.rowCount;
        opened.openedAt = uint64(block.timestamp);
        opened.closedAt = header.closedAt;
        emit EpochOpened(id, header.parent, header.rowCount);

        if (header.rowCount > 0) _appendRows(id, opened, rows);
        else require(rows.length == 0, RowsTooMany(rows.length / PayoutRows.ROW_BYTES, 0));
        if (opened.rowsPosted == header.rowCount) _complete(id, opened);
    }

    /// @inheritdoc ISettlement
    function postRows(uint64 id, bytes calldata rows) external onlyPlainPoster beforeExit {
        require(epochStatus(id) == EpochStatus.Open, EpochNotOpen(id));
        Epoch storage opened = _epochs[id];
        _appendRows(id, opened, rows);
        if (opened.rowsPosted == opened.rowCount) _complete(id, opened);
    }

    function _requireFollowsHead(EpochHeader calldata header) private view {
        uint64 head = _chain.head();
        require(header.parent == head, ParentNotHead(header.parent, head));
        Epoch storage parent = _epochs[head];
        uint64 count = inboxCount;
        require(
            header.inboxCut >= parent.inboxCut && header.inboxCut <= count,
            InboxCutInvalid(header.inboxCut, parent.inboxCut, count)
        );
        require(
            header.journalPosition >= parent.journalPosition,
            JournalPositionBehindParent(header.journalPosition, parent.journalPosition)
        );
        require(
            header.closedAt >= parent.closedAt && header.closedAt <= block.timestamp,
            ClosedAtInvalid(header.closedAt, parent.closedAt, uint64(block.timestamp))
        );
        require(
            block.timestamp - header.closedAt <= LAG_SECONDS_MAX,
            ClosedAtTooOld(header.closedAt, uint64(block.timestamp))
        );
        // Items arrive in order of time: of those that are left out the first is the oldest, of those covered the last the youngest.
        if (header.inboxCut < count) {
            uint64 dueAt = _arrivedAt(header.inboxCut) + inboxAgeSeconds + INBOX_SLACK_SECONDS;
            require(header.closedAt <= dueAt, InboxItemLeftOut(header.inboxCut, dueAt));
        }
        if (header.inboxCut == 0) return;
        uint64 coverableAt = _arrivedAt(header.inboxCut - 1) + inboxAgeSeconds;
        require(block.timestamp >= coverableAt, InboxItemTooYoung(header.inboxCut - 1, coverableAt));
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
        opened.finalAt = uint64(block.timestamp) + windowSeconds;
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
            posted.finalAt
        );
    }

    function _requirePlainPoster() private view {
        _requirePoster();
        // Code could make up rows that stand in no calldata: a poster that is a contract, or an account that delegates to one
        // (EIP-7702), which is its own origin. Without code the caller is the transaction itself.
        require(msg.sender == tx.origin && msg.sender.code.length == 0, PosterNotDirect(msg.sender));
    }
}
