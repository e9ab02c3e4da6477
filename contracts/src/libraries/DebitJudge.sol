// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Authority,
    Case,
    DebitKind,
    EscrowEvidence,
    EscrowHoldEvidence,
    HoldKind,
    InstructionEvidence,
    JobEvidence,
    JobHoldEvidence,
    PurchaseEvidence,
    RedemptionEvidence,
    RowEvidence,
    TransferEvidence,
    WithdrawalEvidence
} from "../types/DebitEvidence.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {IouRedemption, PayoutInstruction, Purchase, Transfer, Withdrawal} from "../types/Messages.sol";
import {RowsPart} from "../types/Epoch.sol";
import {Authorities} from "./Authorities.sol";
import {Freshness} from "./Freshness.sol";
import {OrderJudge} from "./OrderJudge.sol";
import {PayoutRows} from "./PayoutRows.sol";
import {ProofOfCompute} from "./ProofOfCompute.sol";
import {StatementKeys} from "./StatementKeys.sol";
import {SumTree} from "./SumTree.sol";

/// @title Judges whether a debit of a statement, or a hold of a closing leaf, is allowed.
/// @dev Evidence is whatever the poster presents: nothing in it is believed. What is not refused here the wallet has signed, or the chain
/// itself says. All functions revert with what is wrong: the errors here and those of `OrderJudge`, `Authorities`, `Freshness`,
/// `ProofOfCompute` and `SumTree`; evidence that is no encoding of its kind reverts without data.
library DebitJudge {
    /// @notice Thrown when evidence names no kind.
    error EvidenceInvalid();

    /// @notice Thrown when a key is not that of the inbox item, row or instruction shown.
    error KeyDiffers(bytes32 expected, bytes32 actual);

    /// @notice Thrown when a debit is below what an instruction pays out at least, in microcredits.
    error BelowMinimum(uint64 debitMicrocredits, uint64 minimumMicrocredits);

    /// @notice Thrown when an instruction had expired before the epoch began, in seconds.
    error InstructionExpired(uint64 expires, uint64 parentClosedAt);

    /// @notice Thrown when no part of the epoch has this row there.
    error RowNotThere(uint64 epoch, uint32 part, uint32 index);

    /// @notice Thrown when an inbox item is no forced withdrawal, or of another epoch.
    error NotForcedHere(uint64 index);

    /// @dev Requires that `debit` microcredits under `key` are allowed. Nothing taken needs nothing that allows it.
    function requireAllowed(Case memory self, bytes32 key, uint64 debit, bytes calldata evidence) internal view {
        if (debit == 0) return;
        DebitKind kind = DebitKind(kindOf(evidence, uint256(type(DebitKind).max)));
        bytes calldata details = evidence[32:];
        if (kind == DebitKind.Job) OrderJudge.requireJob(self, key, debit, abi.decode(details, (JobEvidence)));
        else if (kind == DebitKind.Escrow)
            OrderJudge.requireEscrow(self, key, debit, abi.decode(details, (EscrowEvidence)));
        else if (kind == DebitKind.Transfer) requireTransfer(self, key, debit, details);
        else if (kind == DebitKind.Purchase) requirePurchase(self, key, debit, details);
        else if (kind == DebitKind.Redemption) requireRedemption(self, key, debit, details);
        else if (kind == DebitKind.Withdrawal) requireWithdrawal(self, key, debit, details);
        else if (kind == DebitKind.Instruction) requireInstruction(self, key, debit, details);
        else if (kind == DebitKind.Row) requireRow(self, key, debit, details);
        else requireForced(self, key, debit, abi.decode(details, (uint64)));
    }

    /// @dev Requires that `amount` microcredits may stand under `key` in the closing holds.
    function requireHoldAllowed(Case memory self, bytes32 key, uint128 amount, bytes calldata evidence) internal view {
        HoldKind kind = HoldKind(kindOf(evidence, uint256(type(HoldKind).max)));
        bytes calldata details = evidence[32:];
        if (kind == HoldKind.Job)
            OrderJudge.requireJobHold(self, key, amount, abi.decode(details, (JobHoldEvidence)));
        else OrderJudge.requireEscrowHold(self, key, amount, abi.decode(details, (EscrowHoldEvidence)));
    }

    function requireTransfer(Case memory self, bytes32 key, uint64 debit, bytes calldata details) private view {
        TransferEvidence memory evidence = abi.decode(details, (TransferEvidence));
        Transfer memory message = evidence.message;
        OrderJudge.requireRelated(self, key, ProofOfCompute.structHash(message), message.from);
        requireAmount(debit, message.amountMicrocredits);
        address signer = requirePaidBy(self, key, message.from, message.to, debit, evidence.authority);
        Freshness.requireFresh(self, signer, message.lane, message.nonce, message.deadline, evidence.lanes);
    }

    function requirePurchase(Case memory self, bytes32 key, uint64 debit, bytes calldata details) private view {
        PurchaseEvidence memory evidence = abi.decode(details, (PurchaseEvidence));
        Purchase memory message = evidence.message;
        OrderJudge.requireRelated(self, key, ProofOfCompute.structHash(message), message.wallet);
        requireAmount(debit, message.amountMicrocredits);
        address signer = requirePaidBy(self, key, message.wallet, message.seller, debit, evidence.authority);
        Freshness.requireFresh(self, signer, message.lane, message.nonce, message.deadline, evidence.lanes);
    }

    /// @dev No delegate may redeem.
    function requireRedemption(Case memory self, bytes32 key, uint64 debit, bytes calldata details) private pure {
        RedemptionEvidence memory evidence = abi.decode(details, (RedemptionEvidence));
        IouRedemption memory message = evidence.message;
        OrderJudge.requireRelated(self, key, ProofOfCompute.structHash(message), message.debtor);
        requireAmount(debit, message.amountMicrocredits);
        ProofOfCompute.requireSigned(key, evidence.signature, message.debtor);
        Freshness.requireFresh(self, message.debtor, message.lane, message.nonce, message.deadline, evidence.lanes);
    }

    /// @dev No delegate may withdraw.
    function requireWithdrawal(Case memory self, bytes32 key, uint64 debit, bytes calldata details) private pure {
        WithdrawalEvidence memory evidence = abi.decode(details, (WithdrawalEvidence));
        Withdrawal memory message = evidence.message;
        OrderJudge.requireRelated(self, key, ProofOfCompute.structHash(message), message.wallet);
        requireAmount(debit, message.amountMicrocredits);
        ProofOfCompute.requireSigned(key, evidence.signature, message.wallet);
        Freshness.requireFresh(self, message.wallet, message.lane, message.nonce, message.deadline, evidence.lanes);
    }

    /// @dev It pays the wallet itself, so that how often it did so in the epoch is not looked at.
    function requireInstruction(Case memory self, bytes32 key, uint64 debit, bytes calldata details) private pure {
        InstructionEvidence memory evidence = abi.decode(details, (InstructionEvidence));
        PayoutInstruction memory message = evidence.message;
        bytes32 digest = ProofOfCompute.digestOf(self.domain, ProofOfCompute.structHash(message));
        requireKey(key, StatementKeys.ofInstruction(digest, evidence.journalPosition));
        requirePlace(self, SumTree.placeOf(message.wallet));
        ProofOfCompute.requireSigned(digest, evidence.signature, message.wallet);
        require(debit >= message.minimumMicrocredits, BelowMinimum(debit, message.minimumMicrocredits));
        bool isStanding = message.expires > self.parentClosedAt;
        require(isStanding, InstructionExpired(message.expires, self.parentClosedAt));
    }

    function requireRow(Case memory self, bytes32 key, uint64 debit, bytes calldata details) private view {
        RowEvidence calldata evidence;
        // The siblings of a row are read where they are, as everywhere else; Solidity decodes bytes into memory only. A wrong offset
        // reads other bytes of the same call, which are no more to be believed.
        assembly ("memory-safe") {
            evidence := add(details.offset, calldataload(details.offset))
        }
        requireKey(key, StatementKeys.ofRow(self.epoch));
        (address payee, ) = self.settlement.payee(evidence.row.payeeId());
        requirePlace(self, SumTree.placeOfPayable(payee));
        requireAmount(debit, evidence.row.incrementMicrocredits());
        RowsPart memory part = self.settlement.rowsPart(self.epoch, evidence.part);
        bool isThere = PayoutRows.isAt(evidence.row, evidence.index, part.rowCount, part.root, evidence.siblings);
        require(isThere, RowNotThere(self.epoch, evidence.part, evidence.index));
    }

    /// @dev That it takes all that was asked for, or leaves nothing available, is for another demand.
    function requireForced(Case memory self, bytes32 key, uint64 debit, uint64 index) private view {
        requireKey(key, StatementKeys.ofInboxItem(index));
        require(index >= self.parentInboxCut && index < self.inboxCut, NotForcedHere(index));
        InboxItem memory item = self.settlement.inboxItem(index);
        require(item.kind == InboxKind.ForcedWithdrawal, NotForcedHere(index));
        requirePlace(self, SumTree.placeOf(item.account));
        require(debit <= uint256(item.detail), OrderJudge.AmountDiffers(debit, uint256(item.detail)));
    }

    /// @dev Who signed a payment to `counterparty` for the wallet. Reverts with the errors of `Authorities`.
    function requirePaidBy(
        Case memory self,
        bytes32 digest,
        address wallet,
        address counterparty,
        uint64 amount,
        Authority memory authority
    ) private view returns (address signer) {
        bool isDelegated;
        (signer, isDelegated) = Authorities.signerFor(self.domain, wallet, digest, authority);
        if (!isDelegated) return signer;
        Authorities.requireAmountAllowed(authority.permission, amount);
        Authorities.requireCounterpartyAllowed(authority.permission, counterparty);
        Authorities.requireStanding(self, authority.permission);
    }

    function requireAmount(uint64 debit, uint64 amount) private pure {
        require(debit == amount, OrderJudge.AmountDiffers(debit, amount));
    }

    function requireKey(bytes32 key, bytes32 expected) private pure {
        require(key == expected, KeyDiffers(expected, key));
    }

    function requirePlace(Case memory self, bytes32 place) private pure {
        require(place == self.place, OrderJudge.MessageUnrelated(self.place, place));
    }

    function kindOf(bytes calldata evidence, uint256 most) private pure returns (uint256 kind) {
        require(evidence.length >= 32, EvidenceInvalid());
        kind = uint256(bytes32(evidence[:32]));
        require(kind <= most, EvidenceInvalid());
    }
}
