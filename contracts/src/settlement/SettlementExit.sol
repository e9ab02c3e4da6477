// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlementExit} from "../interfaces/ISettlementExit.sol";
import {EpochEvidence} from "../libraries/EpochEvidence.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {EpochStatus} from "../types/Epoch.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {Leaf} from "../types/SumTreeTypes.sol";
import {SettlementEvidence} from "./SettlementEvidence.sol";

/// @title The way out when no epoch becomes final any more.
/// @dev The leaves and payouts of the last final epoch, its burns and the items above its cut are everything that ever arrived, so
/// what is taken out here never exceeds what is held beside the bond.
abstract contract SettlementExit is SettlementEvidence {
    /// @inheritdoc ISettlementExit
    mapping(bytes32 place => bool) public isLeafTaken;

    /// @inheritdoc ISettlementExit
    mapping(uint64 index => bool) public isItemReturned;

    modifier afterExit() {
        _requireAfterExit();
        _;
    }

    /// @inheritdoc ISettlementExit
    function startExit() external beforeExit {
        uint64 startableAt = finalisedAt + exitSeconds;
        require(block.timestamp >= startableAt, ExitTooEarly(startableAt));
        // What is final only waits for somebody to say so; its payouts must not be lost.
        uint64 next = _nextEpoch();
        require(next == 0 || epochStatus(next) != EpochStatus.Final, EpochToFinalise(next));

        exitStartedAt = uint64(block.timestamp);
        _dropUnfinalised();
        emit ExitStartedAt(uint64(block.timestamp), finalEpoch, _inboxCut(finalEpoch));
    }

    /// @inheritdoc ISettlementExit
    function exitClaim(
        address account,
        bool isPayable,
        Leaf calldata leaf,
        bytes calldata siblings
    ) external afterExit {
        bytes32 place = isPayable ? SumTree.placeOfPayable(account) : SumTree.placeOf(account);
        uint256 amountMicrocredits = _takeLeaf(place, leaf, siblings);
        emit ExitClaimed(account, isPayable, amountMicrocredits);
        _send(account, amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlementExit
    function exitBurn(string calldata name, Leaf calldata leaf, bytes calldata siblings) external afterExit {
        bytes32 place = SumTree.placeOfName(name);
        require(
            place == SumTree.placeOfName("treasury") ||
                place == SumTree.placeOfName("rewards") ||
                place == SumTree.placeOfName("clearing"),
            NameUnknown(name)
        );
        uint256 amountMicrocredits = _takeLeaf(place, leaf, siblings);
        emit ExitBurnt(name, amountMicrocredits);
        _burn(amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlementExit
    function exitDeposit(uint64 index) external afterExit {
        InboxItem memory item = inboxItem(index);
        require(item.kind == InboxKind.Deposit, ItemNotReturnable(index));
        _takeItem(index);
        emit ExitDepositReturned(index, item.account, item.amountMicrocredits);
        _send(item.account, item.amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @inheritdoc ISettlementExit
    function exitBurnItem(uint64 index) external afterExit {
        InboxItem memory item = inboxItem(index);
        require(
            item.kind == InboxKind.GenesisTreasury ||
                item.kind == InboxKind.GenesisRewards ||
                item.kind == InboxKind.Emission,
            ItemNotReturnable(index)
        );
        _takeItem(index);
        emit ExitItemBurnt(index, item.amountMicrocredits);
        _burn(item.amountMicrocredits * WEI_PER_MICROCREDIT);
    }

    /// @dev Answers what the leaf has, in microcredits, and lets nobody take it again.
    function _takeLeaf(
        bytes32 place,
        Leaf calldata leaf,
        bytes calldata siblings
    ) private returns (uint256 amountMicrocredits) {
        require(!isLeafTaken[place], LeafTaken(place));
        isLeafTaken[place] = true;
        EpochEvidence.requireLeaf(finalEpoch, place, leaf, siblings);
        // The leaf stands under a total that is a uint64, so the sum is one.
        amountMicrocredits = uint256(leaf.available) + leaf.held;
        require(amountMicrocredits > 0, AmountZero());
    }

    function _takeItem(uint64 index) private {
        require(index >= _inboxCut(finalEpoch) && !isItemReturned[index], ItemNotReturnable(index));
        isItemReturned[index] = true;
    }

    function _requireAfterExit() private view {
        require(exitStartedAt != 0, ExitNotStarted());
    }
}
