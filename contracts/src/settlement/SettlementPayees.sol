// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title The short numbers under which payout rows name accounts.
abstract contract SettlementPayees is ISettlement {
    /// @inheritdoc ISettlement
    uint32 public payeeCount;

    /// @inheritdoc ISettlement
    mapping(address account => uint32) public payeeId;

    /// @inheritdoc ISettlement
    mapping(uint32 id => address) public payeeOf;

    /// @inheritdoc ISettlement
    function registerPayees(address[] calldata accounts) external {
        uint32 lastId = payeeCount;
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            require(account != address(0), AddressZero());
            if (payeeId[account] != 0) continue;
            payeeId[account] = ++lastId;
            payeeOf[lastId] = account;
            emit PayeeRegistered(lastId, account);
        }
        payeeCount = lastId;
    }
}
