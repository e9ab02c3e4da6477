// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {PayoutRows} from "../libraries/PayoutRows.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {EpochStatus, RowsPart} from "../types/Epoch.sol";
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

    /// @inheritdoc ISettlement
    mapping(uint32 id => uint64) public claimedMicrocredits;

    /// @inheritdoc ISettlement
    uint64 public claimedTotalMicrocredits;

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
        EpochStatus status = epochStatus(id);
        require(status == EpochStatus.Finalised, EpochNotFinalised(id, status));
        RowsPart memory posted = rowsPart(id, part);
        require(row.isAt(index, posted.rowCount, posted.root, siblings), RowProofInvalid(id, part, index));

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
        uint64 claimed = claimedMicrocredits[payee];
        require(cumulative > claimed, NothingToClaim(payee, claimed, cumulative));
        uint64 paid = cumulative - claimed;
        uint256 claimedTotal = uint256(claimedTotalMicrocredits) + paid;
        uint256 payouts = _payoutsFinalisedMicrocredits();
        require(claimedTotal <= payouts, ClaimsExceedPayouts(claimedTotal, payouts));

        claimedMicrocredits[payee] = cumulative;
        // Fits: payouts of a complete epoch are at most the inbox total, which is a uint64.
        claimedTotalMicrocredits = uint64(claimedTotal);
        address account = payeeOf(payee);
        emit Claimed(payee, account, id, paid, cumulative);
        _send(account, paid * WEI_PER_MICROCREDIT);
    }
}
