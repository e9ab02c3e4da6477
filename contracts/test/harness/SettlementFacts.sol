// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RowsPart} from "../../src/types/Epoch.sol";
import {InboxItem} from "../../src/types/Inbox.sol";

/// @title What judges ask the settlement contract, as a spec says it.
contract SettlementFacts {
    struct Revocation {
        uint64 nonce;
        uint64 inboxIndex;
        bool isThere;
    }

    mapping(address wallet => mapping(address delegate => Revocation)) private _revocations;
    mapping(uint32 id => address) private _payees;
    mapping(uint64 index => InboxItem) private _items;
    mapping(uint64 epoch => mapping(uint32 part => RowsPart)) private _parts;

    function setRevocation(address wallet, address delegate, uint64 nonce, uint64 inboxIndex) external {
        _revocations[wallet][delegate] = Revocation(nonce, inboxIndex, true);
    }

    function setPayee(uint32 id, address account) external {
        _payees[id] = account;
    }

    function setItem(uint64 index, InboxItem calldata item) external {
        _items[index] = item;
    }

    function setPart(uint64 epoch, uint32 part, RowsPart calldata rows) external {
        _parts[epoch][part] = rows;
    }

    function revocationOf(
        address wallet,
        address delegate,
        uint64 inboxCut
    ) external view returns (bool isRevoked, uint64 nonce, uint64 inboxIndex) {
        Revocation memory found = _revocations[wallet][delegate];
        if (found.isThere && found.inboxIndex < inboxCut) return (true, found.nonce, found.inboxIndex);
    }

    function payee(uint32 id) external view returns (address account, uint64 registeredAt) {
        return (_payees[id], 0);
    }

    function inboxItem(uint64 index) external view returns (InboxItem memory) {
        return _items[index];
    }

    function rowsPart(uint64 epoch, uint32 part) external view returns (RowsPart memory) {
        return _parts[epoch][part];
    }
}
