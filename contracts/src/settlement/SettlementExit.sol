// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlementExit} from "../interfaces/ISettlementExit.sol";
import {EpochEvidence} from "../libraries/EpochEvidence.sol";
import {ExitTree} from "../libraries/ExitTree.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {Epoch, EpochStatus} from "../types/Epoch.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {Leaf} from "../types/SumTreeTypes.sol";
import {SettlementEvidence} from "./SettlementEvidence.sol";

/// @title The way out when no epoch becomes final any more.
/// @dev The leaves and payouts of the last final epoch, its burns and the items above its cut are everything that ever arrived, so
/// what is taken out here never exceeds what is held beside the bond.
abstract contract SettlementExit is SettlementEvidence {
    /// @dev The leaves of the last final epoch in one word, so that a claim reads no other, see `ExitTree.idOf`; 0 before the exit.
    bytes32 private _exitTree;

    /// @inheritdoc ISettlementExit
    mapping(bytes32 place => bool) public isLeafTaken;

    /// @inheritdoc ISettlementExit
    mapping(uint64 index => bool) public isItemReturned;

    /// @inheritdoc ISettlementExit
    function startExit() external beforeExit {
        uint64 startableAt = finalisedAt + exitSeconds;
        require(block.timestamp >= startableAt, ExitTooEarly(startableAt));
        // What is final only waits for somebody to say so; its payouts must not be lost.
        uint64 next = _nextEpoch();
        require(next == 0 || epochStatus(next) != EpochStatus.Final, EpochToFinalise(next));

        exitStartedAt = uint64(block.timestamp);
        uint64 last = finalEpoch;
        Epoch storage paidOut = _epochs[last];
        _exitTree = ExitTree.idOf(paidOut.leavesRoot, paidOut.leavesTotalMicrocredits);
        _dropUnfinalised();
        emit ExitStartedAt(uint64(block.timestamp), last, paidOut.inboxCut);
    }

    /// @inheritdoc ISettlementExit
    function exitClaim(
        address account,
        bool isPayable,
        Leaf calldata leaf,
        bytes calldata siblings
    ) external {
        bytes32 place = isPayable ? SumTree.placeOfPayable(account) : SumTree.placeOf(account);
        uint256 amountMicrocredits = _takeLeaf(place, leaf, siblings);
        emit ExitClaimed(account, isPayable, amountMicrocredits);
        _send(account, amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlementExit
    function exitBurn(string calldata name, Leaf calldata leaf, bytes calldata siblings) external {
        uint256 amountMicrocredits = _takeLeaf(EpochEvidence.placeOfOwn(name), leaf, siblings);
        emit ExitBurnt(name, amountMicrocredits);
        _burn(amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlementExit
    function exitDeposit(uint64 index) external {
        InboxItem memory item = _takeItem(index);
        _requireReturnable(item.kind == InboxKind.Deposit, index);
        emit ExitDepositReturned(index, item.account, item.amountMicrocredits);
        _send(item.account, item.amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlementExit
    function exitBurnItem(uint64 index) external {
        InboxItem memory item = _takeItem(index);
        _requireReturnable(item.kind != InboxKind.Deposit, index);
        emit ExitItemBurnt(index, item.amountMicrocredits);
        _burn(item.amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @dev Answers what the leaf has, in microcredits, and lets nobody take it again.
    function _takeLeaf(
        bytes32 place,
        Leaf calldata leaf,
        bytes calldata siblings
    ) private returns (uint256 amountMicrocredits) {
        bytes32 exitTree = _startedExitTree();
        require(!isLeafTaken[place], LeafTaken(place));
        isLeafTaken[place] = true;
        bytes32 shown;
        (shown, amountMicrocredits) = ExitTree.treeOver(place, leaf, siblings);
        // The arguments of `require` are worked out either way, and the epoch stands in a slot that nothing else here reads.
        if (shown != exitTree) revert LeafProofInvalid(finalEpoch);
        require(amountMicrocredits > 0, AmountZero());
    }

    /// @dev Answers an item that brought something and is not in the leaves, and lets nobody take it again.
    function _takeItem(uint64 index) private returns (InboxItem memory item) {
        _startedExitTree();
        item = inboxItem(index);
        // The kinds after `Emission` bring nothing.
        bool isLeft = item.kind <= InboxKind.Emission && index >= _inboxCut(finalEpoch) && !isItemReturned[index];
        _requireReturnable(isLeft, index);
        isItemReturned[index] = true;
    }

    /// @dev Reverts with `ExitNotStarted`.
    function _startedExitTree() private view returns (bytes32 exitTree) {
        exitTree = _exitTree;
        require(exitTree != 0, ExitNotStarted());
    }

    function _requireReturnable(bool isReturnable, uint64 index) private pure {
        require(isReturnable, ItemNotReturnable(index));
    }
}
