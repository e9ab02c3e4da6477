// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";

/// @title What arrives on chain: deposits and the genesis amounts, as a numbered list that only grows.
abstract contract SettlementInbox is ISettlement {
    using SafeERC20 for IDPCToken;

    /// @inheritdoc ISettlement
    address public immutable token;

    /// @inheritdoc ISettlement
    address public immutable emission;

    /// @inheritdoc ISettlement
    address public immutable guardian;

    /// @inheritdoc ISettlement
    bool public isDepositsStopped;

    InboxItem[] private _items;

    constructor(address token_, address emission_, address guardian_) {
        require(token_ != address(0) && emission_ != address(0) && guardian_ != address(0), AddressZero());
        token = token_;
        emission = emission_;
        guardian = guardian_;
    }

    modifier onlyGuardian() {
        require(msg.sender == guardian, CallerNotGuardian(msg.sender));
        _;
    }

    /// @inheritdoc ISettlement
    function deposit(uint256 amountWei) external {
        _appendDeposit(msg.sender, amountWei);
        IDPCToken(token).safeTransferFrom(msg.sender, address(this), amountWei);
    }

    /// @inheritdoc ISettlement
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        _appendDeposit(msg.sender, amountWei);
        try IDPCToken(token).permit(msg.sender, address(this), amountWei, deadline, v, r, s) {} catch {
            // Anybody can spend a permit that is in the mempool. What counts is the allowance, and the transfer checks it.
        }
        IDPCToken(token).safeTransferFrom(msg.sender, address(this), amountWei);
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
    function appendGenesis(uint64 treasuryMicrocredits, uint64 rewardsMicrocredits) external {
        require(msg.sender == emission, CallerNotEmission(msg.sender));
        _append(InboxKind.GenesisTreasury, address(0), treasuryMicrocredits);
        _append(InboxKind.GenesisRewards, address(0), rewardsMicrocredits);
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
        require(index < _items.length, InboxItemUnknown(index, inboxCount()));
        return _items[index];
    }

    /// @inheritdoc ISettlement
    function inboxTotal(uint64 cut) public view returns (uint64 totalMicrocredits) {
        return cut == 0 ? 0 : inboxItem(cut - 1).totalMicrocredits;
    }

    function _appendDeposit(address account, uint256 amountWei) private {
        require(!isDepositsStopped, DepositsAreStopped());
        require(amountWei > 0, AmountZero());
        require(amountWei % WEI_PER_MICROCREDIT == 0, AmountNotWholeMicrocredits(amountWei));
        _append(InboxKind.Deposit, account, SafeCast.toUint64(amountWei / WEI_PER_MICROCREDIT));
    }

    function _append(InboxKind kind, address account, uint64 amountMicrocredits) private {
        uint64 index = inboxCount();
        uint64 totalMicrocredits = inboxTotal(index) + amountMicrocredits;
        _items.push(InboxItem(kind, account, amountMicrocredits, totalMicrocredits, uint64(block.timestamp)));
        emit InboxItemAppended(index, kind, account, amountMicrocredits, totalMicrocredits);
    }
}
