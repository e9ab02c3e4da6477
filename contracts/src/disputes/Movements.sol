// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {StatementKeys} from "../libraries/StatementKeys.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {
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
    /// @dev Reads `message`, which is ABI encoded as `kind` says. Reverts with `IDisputes.IouUnrelated`, `IDisputes.ItemUnrelated`.
    function read(
        bytes32 domain,
        ISettlement settlement,
        MovementKind kind,
        bytes memory message
    ) internal view returns (Movement memory) {
        if (kind == MovementKind.Transfer) return ofTransfer(domain, abi.decode(message, (Transfer)));
        if (kind == MovementKind.Purchase) return ofPurchase(domain, abi.decode(message, (Purchase)));
        if (kind == MovementKind.Escrow) return ofEscrow(domain, abi.decode(message, (EscrowOrder)));
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
        require(isRelated, IDisputes.IouUnrelated(message.iou, iouDigest));
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return between(digest, message.debtor, iou.creditor, message.amountMicrocredits);
    }

    /// @dev How much of an escrow is captured stands in another message, and in the debit.
    function ofEscrow(bytes32 domain, EscrowOrder memory message) private pure returns (Movement memory) {
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(message));
        return between(digest, message.wallet, message.seller, 0);
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
        require(item.kind == InboxKind.ForcedWithdrawal, IDisputes.ItemUnrelated(index, item.kind));
        return toPayable(StatementKeys.ofInboxItem(index), item.account, 0);
    }

    function between(
        bytes32 digest,
        address debtor,
        address creditor,
        uint64 amountMicrocredits
    ) private pure returns (Movement memory) {
        return Movement(digest, SumTree.placeOf(debtor), SumTree.placeOf(creditor), amountMicrocredits);
    }

    function toPayable(
        bytes32 key,
        address wallet,
        uint64 amountMicrocredits
    ) private pure returns (Movement memory) {
        return Movement(key, SumTree.placeOf(wallet), SumTree.placeOfPayable(wallet), amountMicrocredits);
    }
}
