// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISettlementDisputed} from "../interfaces/ISettlementDisputed.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @title What arrives on chain, as a numbered list that only grows.
abstract contract SettlementInbox is SettlementBase {
    /// @dev What every item has, in one slot; the amount is the difference to the sum before.
    struct StoredItem {
        address account;
        uint64 totalMicrocredits;
        /// @dev Seconds since deployment.
        uint32 arrivedAfter;
    }

    /// @dev A nonce that a wallet has taken back from a delegate; both fields share a slot.
    struct StoredRevocation {
        uint64 nonce;
        uint64 inboxIndex;
    }

    mapping(uint64 index => StoredItem) private _items;

    /// @dev Kinds and details stand apart, so that a deposit, whose kind is 0 and which has no detail, does not pay for them.
    mapping(uint64 index => InboxKind) private _kinds;

    mapping(uint64 index => bytes32) private _details;

    /// @dev In the order in which they arrived, so that nonces ascend too. None is forgotten: a later one must not hide from an epoch what
    /// counted before it.
    mapping(address wallet => mapping(address delegate => StoredRevocation[])) private _revocations;

    /// @inheritdoc ISettlement
    function deposit(uint256 amountWei) external {
        _appendDeposit(msg.sender, amountWei);
        _collect(amountWei);
    }

    /// @inheritdoc ISettlement
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        _appendDeposit(msg.sender, amountWei);
        try IDPCToken(token).permit(msg.sender, address(this), amountWei, deadline, v, r, s) {} catch {
            // Anybody can spend a permit that is in the mempool. What counts is the allowance, and the transfer checks it.
        }
        _collect(amountWei);
    }

    /// @inheritdoc ISettlement
    function depositWithAuthorization(
        address from,
        uint256 amountWei,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _appendDeposit(from, amountWei);
        IDPCToken(token).receiveWithAuthorization(
            from,
            address(this),
            amountWei,
            validAfter,
            validBefore,
            nonce,
            v,
            r,
            s
        );
    }

    /// @inheritdoc ISettlement
    function appendGenesis(uint64 treasuryMicrocredits, uint64 rewardsMicrocredits) external beforeExit {
        require(msg.sender == emission, CallerNotEmission(msg.sender));
        _append(InboxKind.GenesisTreasury, address(0), treasuryMicrocredits, 0);
        _append(InboxKind.GenesisRewards, address(0), rewardsMicrocredits, 0);
    }

    /// @inheritdoc ISettlement
    function forceWithdrawal(uint64 amountMicrocredits) external beforeExit returns (uint64 index) {
        require(amountMicrocredits > 0, AmountZero());
        return _append(InboxKind.ForcedWithdrawal, msg.sender, 0, bytes32(uint256(amountMicrocredits)));
    }

    /// @inheritdoc ISettlement
    function revoke(address delegate, uint64 nonce) external beforeExit returns (uint64 index) {
        require(delegate != address(0), AddressZero());
        StoredRevocation[] storage before = _revocations[msg.sender][delegate];
        if (before.length > 0) {
            uint64 last = before[before.length - 1].nonce;
            require(nonce > last, RevocationNotNewer(nonce, last));
        }
        index = _append(InboxKind.Revocation, msg.sender, 0, keccak256(abi.encodePacked(delegate, nonce)));
        before.push(StoredRevocation(nonce, index));
        emit DelegateRevoked(index, msg.sender, delegate, nonce);
    }

    /// @inheritdoc ISettlementDisputed
    function appendReceipt(
        address node,
        bytes32 receiptDigest
    ) external onlyDisputes beforeExit returns (uint64 index) {
        return _append(InboxKind.Receipt, node, 0, receiptDigest);
    }

    /// @inheritdoc ISettlement
    function stopDeposits() external onlyGuardian {
        require(!isDepositsStopped, DepositsAreStopped());
        isDepositsStopped = true;
        emit DepositsStopped();
    }

    /// @inheritdoc ISettlement
    function inboxItem(uint64 index) public view returns (InboxItem memory item) {
        item.arrivedAt = _arrivedAt(index);
        item.kind = _kinds[index];
        item.account = _items[index].account;
        item.totalMicrocredits = _items[index].totalMicrocredits;
        item.amountMicrocredits = item.totalMicrocredits - inboxTotal(index);
        item.detail = _details[index];
    }

    /// @inheritdoc ISettlement
    function inboxTotal(uint64 cut) public view returns (uint64 totalMicrocredits) {
        if (cut == 0) return 0;
        require(cut <= inboxCount, InboxItemUnknown(cut - 1, inboxCount));
        return _items[cut - 1].totalMicrocredits;
    }

    /// @inheritdoc ISettlement
    function revocationOf(
        address wallet,
        address delegate,
        uint64 inboxCut
    ) external view returns (bool isRevoked, uint64 nonce, uint64 inboxIndex) {
        StoredRevocation[] storage all = _revocations[wallet][delegate];
        // By halves: however often a wallet revokes, a judge can afford to ask.
        uint256 below = 0;
        for (uint256 end = all.length; below < end; ) {
            uint256 middle = (below + end) / 2;
            if (all[middle].inboxIndex < inboxCut) below = middle + 1;
            else end = middle;
        }
        if (below == 0) return (false, 0, 0);
        StoredRevocation memory found = all[below - 1];
        return (true, found.nonce, found.inboxIndex);
    }

    /// @dev Enters what was minted for a final epoch.
    function _appendEmission(uint64 epoch, uint64 amountMicrocredits) internal {
        _append(InboxKind.Emission, address(0), amountMicrocredits, bytes32(uint256(epoch)));
    }

    /// @dev Block time of an item's arrival, in seconds. Reverts with `InboxItemUnknown`.
    function _arrivedAt(uint64 index) internal view returns (uint64) {
        require(index < inboxCount, InboxItemUnknown(index, inboxCount));
        return _deployedAt + _items[index].arrivedAfter;
    }

    function _appendDeposit(address account, uint256 amountWei) private beforeExit {
        require(!isDepositsStopped, DepositsAreStopped());
        require(amountWei > 0, AmountZero());
        require(amountWei % WEI_PER_MICROCREDIT == 0, AmountNotWholeMicrocredits(amountWei));
        _append(InboxKind.Deposit, account, SafeCast.toUint64(amountWei / WEI_PER_MICROCREDIT), 0);
    }

    function _append(
        InboxKind kind,
        address account,
        uint64 amountMicrocredits,
        bytes32 detail
    ) private returns (uint64 index) {
        index = inboxCount;
        uint64 totalMicrocredits = _inboxTotalMicrocredits + amountMicrocredits;
        inboxCount = index + 1;
        _inboxTotalMicrocredits = totalMicrocredits;
        _items[index] = StoredItem(account, totalMicrocredits, _secondsSinceDeployment());
        if (kind != InboxKind.Deposit) _kinds[index] = kind;
        if (detail != 0) _details[index] = detail;
        emit InboxItemAppended(index, kind, account, amountMicrocredits, totalMicrocredits, detail);
    }
}
