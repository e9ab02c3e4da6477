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
    /// @dev An item without its detail, in two slots.
    struct StoredItem {
        InboxKind kind;
        address account;
        uint64 amountMicrocredits;
        uint64 totalMicrocredits;
        uint64 arrivedAt;
    }

    /// @dev The newest nonce that a wallet has taken back from a delegate; both fields share a slot.
    struct StoredRevocation {
        uint64 nonce;
        uint64 inboxIndex;
    }

    StoredItem[] private _items;

    /// @dev Apart from the items, so that a deposit, which has none, does not pay for it.
    mapping(uint64 index => bytes32) private _details;

    mapping(address wallet => mapping(address delegate => StoredRevocation)) private _revocations;

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
        StoredRevocation memory before = _revocations[msg.sender][delegate];
        require(nonce > before.nonce || before.inboxIndex == 0, RevocationNotNewer(nonce, before.nonce));
        index = _append(InboxKind.Revocation, msg.sender, 0, keccak256(abi.encodePacked(delegate, nonce)));
        _revocations[msg.sender][delegate] = StoredRevocation(nonce, index);
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
    function inboxCount() public view returns (uint64) {
        // Fits: an item costs gas, and no chain has the gas for 2^64 of them.
        return uint64(_items.length);
    }

    /// @inheritdoc ISettlement
    function inboxItem(uint64 index) public view returns (InboxItem memory) {
        StoredItem memory item = _storedItem(index);
        return
            InboxItem(
                item.kind,
                item.account,
                item.amountMicrocredits,
                item.totalMicrocredits,
                item.arrivedAt,
                _details[index]
            );
    }

    /// @inheritdoc ISettlement
    function inboxTotal(uint64 cut) public view returns (uint64 totalMicrocredits) {
        return cut == 0 ? 0 : _storedItem(cut - 1).totalMicrocredits;
    }

    /// @inheritdoc ISettlement
    function revocationOf(address wallet, address delegate) external view returns (uint64 nonce, uint64 inboxIndex) {
        StoredRevocation memory found = _revocations[wallet][delegate];
        return (found.nonce, found.inboxIndex);
    }

    /// @dev Enters what was minted for a final epoch.
    function _appendEmission(uint64 epoch, uint64 amountMicrocredits) internal {
        _append(InboxKind.Emission, address(0), amountMicrocredits, bytes32(uint256(epoch)));
    }

    /// @dev An item without its detail. Reverts with `InboxItemUnknown`.
    function _storedItem(uint64 index) internal view returns (StoredItem storage) {
        require(index < _items.length, InboxItemUnknown(index, inboxCount()));
        return _items[index];
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
        index = inboxCount();
        uint64 totalMicrocredits = inboxTotal(index) + amountMicrocredits;
        _items.push(StoredItem(kind, account, amountMicrocredits, totalMicrocredits, uint64(block.timestamp)));
        if (detail != 0) _details[index] = detail;
        emit InboxItemAppended(index, kind, account, amountMicrocredits, totalMicrocredits, detail);
    }
}
