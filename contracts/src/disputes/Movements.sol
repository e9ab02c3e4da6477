// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {StatementKeys} from "../libraries/StatementKeys.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {
    EscrowCapture,
    EscrowOrder,
    Iou,
    IouRedemption,
    PayoutInstruction,
    Purchase,
    Transfer,
    Withdrawal
} from "../types/Messages.sol";
import {Movement, MovementKind} from "./Demand.sol";

/// @title Whom a movement debits and credits, by the message behind it.
/// @dev Nothing here checks a signature: what is read is the digest, and that it moved something is shown by an entry or an acceptance.
library Movements {
    /// @dev Reads `message`, which is ABI encoded as `kind` says. Reverts with `IDisputesAccounts.IouUnrelated`, `IDisputesAccounts.ItemUnrelated`,
    /// `IDisputesAccounts.CaptureUnrelated`.
    function read(
        bytes32 domain,
        ISettlement settlement,
        MovementKind kind,
        bytes memory message
    ) internal view returns (Movement memory) {
        if (kind == MovementKind.Transfer) return ofTransfer(domain, abi.decode(message, (Transfer)));
        if (kind == MovementKind.Purchase) return ofPurchase(domain, abi.decode(message, (Purchase)));
        if (kind == MovementKind.Escrow) return ofEscrow(domain, abi.decode(message, (EscrowOrder)));
        if (kind == MovementKind.Capture) {
            (EscrowOrder memory order, EscrowCapture memory capture) = abi.decode(message, (EscrowOrder, EscrowCapture));
            return ofCapture(domain, order, capture);
        }
        if (kind == MovementKind.Withdrawal) return ofWithdrawal(domain, abi.decode(message, (Withdrawal)));
        if (kind == MovementKind.ForcedWithdrawal) return ofForced(settlement, abi.decode(message, (uint64)));
        if (kind == MovementKind.Redemption) {
            (IouRedemption memory redemption, Iou memory iou) = abi.decode(message, (IouRedemption, Iou));
            return ofRedemption(domain, redemption, iou);
        }
        (PayoutInstruction memory instruction, uint64 position) = abi.decode(message, (PayoutInstruction, uint64));
        return ofInstruction(domain, instruction, position);
    }

    function ofTransfer(bytes32 domain, Transfer memory message) private pure returns (Movement memory) {
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return between(digest, message.from, message.to, message.amountMicrocredits);
    }

    function ofPurchase(bytes32 domain, Purchase memory message) private pure returns (Movement memory) {
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return between(digest, message.wallet, message.seller, message.amountMicrocredits);
    }

    function ofRedemption(
        bytes32 domain,
        IouRedemption memory message,
        Iou memory iou
    ) private pure returns (Movement memory) {
        bytes32 iouDigest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(iou));
        bool isRelated = message.iou == iouDigest && message.debtor == iou.debtor;
        require(isRelated, IDisputesAccounts.IouUnrelated(message.iou, iouDigest));
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return between(digest, message.debtor, iou.creditor, message.amountMicrocredits);
    }

    /// @dev How much of an escrow is captured stands in another message, and in the debit.
    function ofEscrow(bytes32 domain, EscrowOrder memory message) private pure returns (Movement memory) {
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return between(digest, message.wallet, message.seller, 0);
    }

    function ofCapture(
        bytes32 domain,
        EscrowOrder memory order,
        EscrowCapture memory capture
    ) private pure returns (Movement memory movement) {
        movement = ofEscrow(domain, order);
        bool isRelated = capture.escrow == movement.key && capture.wallet == order.wallet;
        require(isRelated, IDisputesAccounts.CaptureUnrelated(capture.escrow, movement.key));
        movement.digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(capture));
        movement.amountMicrocredits = capture.amountMicrocredits;
    }

    function ofWithdrawal(bytes32 domain, Withdrawal memory message) private pure returns (Movement memory) {
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return toPayable(digest, message.wallet, message.amountMicrocredits);
    }

    function ofInstruction(
        bytes32 domain,
        PayoutInstruction memory message,
        uint64 position
    ) private pure returns (Movement memory) {
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return toPayable(StatementKeys.ofInstruction(digest, position), message.wallet, 0);
    }

    function ofForced(ISettlement settlement, uint64 index) private view returns (Movement memory) {
        InboxItem memory item = settlement.inboxItem(index);
        require(item.kind == InboxKind.ForcedWithdrawal, IDisputesAccounts.ItemUnrelated(index, item.kind));
        return toPayable(StatementKeys.ofInboxItem(index), item.account, 0);
    }

    function between(
        bytes32 digest,
        address debtor,
        address creditor,
        uint64 amountMicrocredits
    ) private pure returns (Movement memory) {
        return Movement(digest, digest, SumTree.placeOf(debtor), SumTree.placeOf(creditor), amountMicrocredits);
    }

    function toPayable(
        bytes32 key,
        address wallet,
        uint64 amountMicrocredits
    ) private pure returns (Movement memory) {
        return Movement(key, 0, SumTree.placeOf(wallet), SumTree.placeOfPayable(wallet), amountMicrocredits);
    }
}
