// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @title The short numbers under which payout rows name accounts.
abstract contract SettlementPayees is SettlementBase {
    /// @dev A payee; both fields share a storage slot.
    struct Payee {
        address account;
        /// @dev Block time of registration, in seconds.
        uint64 registeredAt;
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
            _payees[lastId] = Payee(account, uint64(block.timestamp));
            emit PayeeRegistered(lastId, account);
        }
        payeeCount = lastId;
    }

    /// @inheritdoc ISettlement
    function payeeOf(uint32 id) public view returns (address) {
        return _payees[id].account;
    }

    /// @inheritdoc ISettlement
    function payee(uint32 id) public view returns (address account, uint64 registeredAt) {
        Payee memory found = _payees[id];
        return (found.account, found.registeredAt);
    }

    /// @dev Refuses an id that nobody has, or has for less than `ageSeconds`. Ids ascend in order of time: all below pass too.
    function _requirePayable(uint32 id, uint64 ageSeconds) internal view {
        require(id <= payeeCount, RowPayeeUnknown(id));
        uint64 payableAt = _payees[id].registeredAt + ageSeconds;
        require(block.timestamp >= payableAt, RowPayeeTooYoung(id, payableAt));
    }
}
