// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {PayoutRows} from "../libraries/PayoutRows.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {CancelReason, EpochStatus, RowProof, RowsPart} from "../types/Epoch.sol";
import {PayoutRow} from "../types/PayoutRow.sol";
import {SettlementEpochs} from "./SettlementEpochs.sol";
import {SettlementInbox} from "./SettlementInbox.sol";

/// @title Settlement
/// @dev Its address and chain are the EIP-712 domain ("DEparrow", version "1") of everything that the ledger's users sign.
contract Settlement is SettlementEpochs, EIP712 {
    using PayoutRows for PayoutRow;
    using SafeERC20 for IDPCToken;

    /// @inheritdoc ISettlement
    uint256 public immutable deploymentBlock;

    /// @inheritdoc ISettlement
    mapping(uint32 id => uint64) public claimedMicrocredits;

    /// @inheritdoc ISettlement
    uint64 public claimedTotalMicrocredits;

    constructor(
        address token_,
        address emission_,
        address poster_,
        address guardian_,
        uint64 windowSeconds_,
        uint64 inboxAgeSeconds_
    )
        SettlementInbox(token_, emission_, guardian_)
        SettlementEpochs(poster_, windowSeconds_, inboxAgeSeconds_)
        EIP712("DEparrow", "1")
    {
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
        _requireRowAt(id, part, index, row, siblings);

        _pay(id, row.payeeId(), row.cumulativeMicrocredits());
    }

    /// @inheritdoc ISettlement
    function cancelWrongRow(RowProof calldata row, RowProof calldata earlier) external {
        _requireProven(row);
        _requireProven(earlier);
        uint32 payee = row.row.payeeId();
        require(
            earlier.row.payeeId() == payee && earlier.epoch < row.epoch && _counts(earlier.epoch),
            RowsUnrelated()
        );
        uint64 named = row.row.previousEpoch();
        if (earlier.epoch > named) return _cancel(row.epoch, CancelReason.SkippedRow);
        uint256 expected = uint256(earlier.row.cumulativeMicrocredits()) + row.row.incrementMicrocredits();
        require(
            earlier.epoch == named && row.row.cumulativeMicrocredits() != expected,
            RowNotWrong(row.epoch, payee)
        );
        _cancel(row.epoch, CancelReason.WrongCumulative);
    }

    /// @inheritdoc ISettlement
    function cancelRowWithoutPrevious(RowProof calldata row, uint32 part, RowProof[] calldata neighbours) external {
        _requireProven(row);
        uint32 payee = row.row.payeeId();
        uint64 named = row.row.previousEpoch();
        require(named != 0, RowNotWrong(row.epoch, payee));
        if (_counts(named)) {
            if (neighbours.length == 0) _requireOutsideParts(named, part, payee);
            else _requireBetween(named, part, payee, neighbours);
        }
        _cancel(row.epoch, CancelReason.NoPreviousRow);
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
        IDPCToken(token).safeTransfer(account, paid * WEI_PER_MICROCREDIT);
    }

    /// @dev Whether an epoch is complete and not cancelled.
    function _counts(uint64 id) private view returns (bool) {
        EpochStatus status = epochStatus(id);
        return status == EpochStatus.Pending || status == EpochStatus.Final || status == EpochStatus.Finalised;
    }

    function _requireProven(RowProof calldata proof) private view {
        _requireRowAt(proof.epoch, proof.part, proof.index, proof.row, proof.siblings);
    }

    function _requireRowAt(
        uint64 id,
        uint32 part,
        uint32 index,
        PayoutRow row,
        bytes32[] calldata siblings
    ) private view {
        RowsPart memory posted = rowsPart(id, part);
        require(row.isAt(index, posted.rowCount, posted.root, siblings), RowProofInvalid(id, part, index));
    }

    /// @dev Shows absence by the ranges of parts: `part` starts above the payee's id and the one before it ends below.
    function _requireOutsideParts(uint64 id, uint32 part, uint32 payee) private view {
        uint32 partCount = epoch(id).partCount;
        bool isAfter = part == 0 || (part <= partCount && rowsPart(id, part - 1).lastPayeeId < payee);
        bool isBefore = part == partCount || (part < partCount && rowsPart(id, part).firstPayeeId > payee);
        require(isAfter && isBefore, RowsUnrelated());
    }

    /// @dev Shows absence inside a part: two adjacent rows enclose the payee's id.
    function _requireBetween(uint64 id, uint32 part, uint32 payee, RowProof[] calldata neighbours) private view {
        require(neighbours.length == 2, RowsUnrelated());
        RowProof calldata below = neighbours[0];
        RowProof calldata above = neighbours[1];
        _requireProven(below);
        _requireProven(above);
        require(
            below.epoch == id &&
                above.epoch == id &&
                below.part == part &&
                above.part == part &&
                uint256(below.index) + 1 == above.index &&
                below.row.payeeId() < payee &&
                payee < above.row.payeeId(),
            RowsUnrelated()
        );
    }
}
