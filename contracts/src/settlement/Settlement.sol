// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {PayoutRows} from "../libraries/PayoutRows.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {PayoutRow} from "../types/PayoutRow.sol";
import {SettlementParameters} from "../types/SettlementParameters.sol";
import {SettlementBase} from "./SettlementBase.sol";
import {SettlementBond} from "./SettlementBond.sol";
import {SettlementEpochs} from "./SettlementEpochs.sol";
import {SettlementExit} from "./SettlementExit.sol";

/// @title Settlement
/// @dev Its address and chain are the EIP-712 domain ("DEparrow", version "1") of everything that the ledger's users sign.
contract Settlement is SettlementExit, IERC5267 {
    using PayoutRows for PayoutRow;

    /// @inheritdoc ISettlement
    uint256 public immutable deploymentBlock;

    constructor(
        SettlementParameters memory parameters
    ) SettlementBase(parameters) SettlementBond(parameters) SettlementEpochs(parameters) {
        deploymentBlock = block.number;
    }

    /// @inheritdoc ISettlement
    function claim(
        uint64 id,
        uint32 part,
        uint32 index,
        PayoutRow row,
        bytes32[] calldata siblings
    ) external {
        (bytes32 root, uint32 rowCount) = _claimablePart(id, part);
        require(row.isAt(index, rowCount, root, siblings), RowProofInvalid(id, part, index));

        _pay(id, row.payeeId(), row.cumulativeMicrocredits());
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // Bits 0 to 3: name, version, chain and contract; no salt.
        return (hex"0f", "DEparrow", "1", block.chainid, address(this), 0, new uint256[](0));
    }

    function _pay(uint64 id, uint32 payee, uint64 cumulative) private {
        (address account, uint64 paid) = _advancePayee(payee, cumulative);
        emit Claimed(payee, account, id, paid, cumulative);
        _send(account, paid * WEI_PER_MICROCREDIT);
    }
}
