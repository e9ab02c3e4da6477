// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Authority,
    Case,
    EscrowEvidence,
    EscrowHoldEvidence,
    JobEvidence,
    JobHoldEvidence,
    OrderOrigin
} from "../types/DebitEvidence.sol";
import {EscrowCapture, EscrowOrder, JobOrder, UsageReceipt} from "../types/Messages.sol";
import {SumTree} from "./SumTree.sol";
import {Authorities} from "./Authorities.sol";
import {Freshness} from "./Freshness.sol";
import {ProofOfCompute} from "./ProofOfCompute.sol";

/// @title Judges holds, and what was paid out of them: jobs and escrows.
/// @dev An order that stood in the opening holds was judged when it came there. A delegate's permission may have ended since: what was set aside
/// under it stays, as in the ledger, and only the capture of an escrow needs one that stands.
library OrderJudge {
    /// @notice Thrown when a message has another digest than what it is to allow, or moves another account.
    error MessageUnrelated(bytes32 expected, bytes32 actual);

    /// @notice Thrown when an amount is not what its message says, or above it, in microcredits.
    error AmountDiffers(uint256 amountMicrocredits, uint256 messageMicrocredits);

    /// @notice Thrown when a hold stands although its end had come when the epoch closed, in seconds.
    error HoldEnded(uint256 endsAt, uint64 closedAt);

    /// @notice Thrown when an escrow is captured by somebody who is neither the wallet nor the delegate that opened it.
    error CaptureByOther(address opener, address signer);

    /// @dev A job that was settled. Reverts with the errors above, those of `Authorities`, `Freshness` and `SumTree`.
    function requireJob(Case memory self, bytes32 key, uint64 debit, JobEvidence memory evidence) internal view {
        JobHoldEvidence memory hold = evidence.hold;
        bool isDelegated = requireJobOrder(self, key, hold);
        require(debit <= hold.order.maxPriceMicrocredits, AmountDiffers(debit, hold.order.maxPriceMicrocredits));
        UsageReceipt memory receipt = evidence.receipt;
        require(receipt.orderDigest == key, MessageUnrelated(key, receipt.orderDigest));
        bytes32 digest = ProofOfCompute.digestOf(self.domain, ProofOfCompute.structHash(receipt));
        ProofOfCompute.requireSigned(digest, evidence.receiptSignature, receipt.node);
        if (isDelegated) Authorities.requireCounterpartyAllowed(hold.authority.permission, receipt.node);
        SumTree.requireAbsent(self.closing.holdsRoot, key, evidence.closingHold);
    }

    /// @dev An escrow that was captured. Reverts as `requireJob` does, and with `CaptureByOther`.
    function requireEscrow(Case memory self, bytes32 key, uint64 debit, EscrowEvidence memory evidence) internal view {
        address opener = requireEscrowOrder(self, key, evidence.hold);
        EscrowOrder memory order = evidence.hold.order;
        EscrowCapture memory capture = evidence.capture;
        require(capture.escrow == key, MessageUnrelated(key, capture.escrow));
        require(capture.wallet == order.wallet, CaptureByOther(order.wallet, capture.wallet));
        require(debit == capture.amountMicrocredits, AmountDiffers(debit, capture.amountMicrocredits));
        require(debit <= order.amountMicrocredits, AmountDiffers(debit, order.amountMicrocredits));
        requireCapturedBy(self, order.wallet, opener, evidence);
        SumTree.requireAbsent(self.closing.holdsRoot, key, evidence.closingHold);
    }

    /// @dev A hold of a job in the closing leaf. Reverts as `requireJob` does, and with `HoldEnded`.
    function requireJobHold(
        Case memory self,
        bytes32 key,
        uint256 amount,
        JobHoldEvidence memory evidence
    ) internal view {
        requireJobOrder(self, key, evidence);
        JobOrder memory order = evidence.order;
        require(amount == order.maxPriceMicrocredits, AmountDiffers(amount, order.maxPriceMicrocredits));
        uint256 endsAt = uint256(order.deadline) + order.graceSeconds;
        require(endsAt > self.closedAt, HoldEnded(endsAt, self.closedAt));
    }

    /// @dev An escrow in the closing leaf. Reverts as `requireJobHold` does.
    function requireEscrowHold(
        Case memory self,
        bytes32 key,
        uint256 amount,
        EscrowHoldEvidence memory evidence
    ) internal view {
        requireEscrowOrder(self, key, evidence);
        EscrowOrder memory order = evidence.order;
        require(amount == order.amountMicrocredits, AmountDiffers(amount, order.amountMicrocredits));
        require(order.expires > self.closedAt, HoldEnded(order.expires, self.closedAt));
    }

    /// @dev Reverts with `MessageUnrelated` unless the message is the key's and moves the account.
    function requireRelated(Case memory self, bytes32 key, bytes32 messageHash, address account) internal pure {
        bytes32 digest = ProofOfCompute.digestOf(self.domain, messageHash);
        require(digest == key, MessageUnrelated(key, digest));
        bytes32 place = SumTree.placeOf(account);
        require(place == self.place, MessageUnrelated(self.place, place));
    }

    function requireJobOrder(
        Case memory self,
        bytes32 key,
        JobHoldEvidence memory evidence
    ) private view returns (bool isDelegated) {
        JobOrder memory order = evidence.order;
        requireRelated(self, key, ProofOfCompute.structHash(order), order.payer);
        address signer;
        (signer, isDelegated) = Authorities.signerFor(self.domain, order.payer, key, evidence.authority);
        if (isDelegated) {
            Authorities.requireAmountAllowed(evidence.authority.permission, order.maxPriceMicrocredits);
            Authorities.requireEngineAllowed(evidence.authority.permission, order.engine);
        }
        if (requireStood(self, key, order.maxPriceMicrocredits, evidence.origin)) return isDelegated;
        Freshness.requireFresh(self, signer, order.lane, order.nonce, order.deadline, evidence.origin.lanes);
        if (isDelegated) Authorities.requireStanding(self, evidence.authority.permission);
    }

    function requireEscrowOrder(
        Case memory self,
        bytes32 key,
        EscrowHoldEvidence memory evidence
    ) private view returns (address signer) {
        EscrowOrder memory order = evidence.order;
        requireRelated(self, key, ProofOfCompute.structHash(order), order.wallet);
        bool isDelegated;
        (signer, isDelegated) = Authorities.signerFor(self.domain, order.wallet, key, evidence.authority);
        if (isDelegated) {
            Authorities.requireAmountAllowed(evidence.authority.permission, order.amountMicrocredits);
            Authorities.requireCounterpartyAllowed(evidence.authority.permission, order.seller);
        }
        if (requireStood(self, key, order.amountMicrocredits, evidence.origin)) return signer;
        Freshness.requireFresh(self, signer, order.lane, order.nonce, order.deadline, evidence.origin.lanes);
        if (isDelegated) Authorities.requireStanding(self, evidence.authority.permission);
    }

    /// @dev False when the order is not said to stand in the opening holds; reverts when it is and does not, with its whole amount.
    function requireStood(
        Case memory self,
        bytes32 key,
        uint64 amount,
        OrderOrigin memory origin
    ) private pure returns (bool) {
        if (!origin.isStanding) return false;
        uint128 held = SumTree.requireIncluded(self.opening.holdsRoot, key, origin.openingHold);
        require(held == amount, AmountDiffers(held, amount));
        return true;
    }

    function requireCapturedBy(
        Case memory self,
        address wallet,
        address opener,
        EscrowEvidence memory evidence
    ) private view {
        bytes32 digest = ProofOfCompute.digestOf(self.domain, ProofOfCompute.structHash(evidence.capture));
        Authority memory authority = evidence.captureAuthority;
        (address signer, bool isDelegated) = Authorities.signerFor(self.domain, wallet, digest, authority);
        if (!isDelegated) return;
        require(signer == opener, CaptureByOther(opener, signer));
        Authorities.requireStanding(self, authority.permission);
    }
}
