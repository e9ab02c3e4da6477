// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @title The short numbers under which payout rows name accounts.
abstract contract SettlementPayees is SettlementBase {
    /// @dev A payee, in one slot, so that its first claim writes to a slot that is in use.
    struct Payee {
        address account;
        /// @dev Seconds from deployment to registration.
        uint32 registeredAfter;
        uint64 claimedMicrocredits;
    }

    /// @inheritdoc ISettlement
    uint32 public payeeCount;

    /// @inheritdoc ISettlement
    mapping(address account => uint32) public payeeId;

    mapping(uint32 id => Payee) private _payees;

    /// @inheritdoc ISettlement
    function registerPayees(address[] calldata accounts) external {
        uint32 lastId = payeeCount;
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            require(account != address(0), AddressZero());
            if (payeeId[account] != 0) continue;
            payeeId[account] = ++lastId;
            _payees[lastId] = Payee(account, _secondsSinceDeployment(), 0);
            emit PayeeRegistered(lastId, account);
        }
        payeeCount = lastId;
    }

    /// @inheritdoc ISettlement
    function payee(uint32 id) public view returns (address account, uint64 registeredAt) {
        Payee storage found = _payees[id];
        account = found.account;
        if (account != address(0)) registeredAt = _deployedAt + found.registeredAfter;
    }

    /// @inheritdoc ISettlement
    function claimedMicrocredits(uint32 id) external view returns (uint64) {
        return _payees[id].claimedMicrocredits;
    }

    /// @dev Notes that a payee is paid up to `cumulative`. Answers its account and what it has not been paid before.
    function _advancePayee(uint32 id, uint64 cumulative) internal returns (address account, uint64 paid) {
        Payee memory known = _payees[id];
        uint64 claimed = known.claimedMicrocredits;
        require(cumulative > claimed, NothingToClaim(id, claimed, cumulative));
        _payees[id].claimedMicrocredits = cumulative;
        return (known.account, cumulative - claimed);
    }

    /// @dev Refuses an id that nobody has, or has for less than `ageSeconds`. Ids ascend in order of time: all below pass too.
    function _requirePayable(uint32 id, uint64 ageSeconds) internal view {
        require(id <= payeeCount, RowPayeeUnknown(id));
        uint64 payableAt = _deployedAt + _payees[id].registeredAfter + ageSeconds;
        require(block.timestamp >= payableAt, RowPayeeTooYoung(id, payableAt));
    }
}
