// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {JobPrice} from "../libraries/JobPrice.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {HoldCertificate, UsageReceipt} from "../types/Messages.sol";
import {ReceiptClaim, ReceiptEvidence} from "./Demand.sol";

/// @title What a node is due by a signed order, its own signed receipt and the ledger's certificate.
library ReceiptClaims {
    /// @dev Reverts with `OutcomeUnknown`, `DelegateUnrelated`, `CertificateUnrelated`, `NothingDue`, and with `ProofOfCompute.SignatureInvalid`,
    /// `ProofOfCompute.SignerDiffers`.
    /// @param untilMs The latest time up to which running time counts, in milliseconds: that of acceptance or arrival. What the node
    /// itself says to be the end bounds it too: else a receipt that was settled could be pushed later and would be due more.
    function claimOf(
        bytes32 domain,
        address ledgerSigner,
        ReceiptEvidence memory evidence,
        uint256 untilMs
    ) internal pure returns (ReceiptClaim memory claim) {
        UsageReceipt memory receipt = evidence.receipt;
        // The ledger knows no other outcomes and takes no receipt with them, so none may be due.
        require(receipt.outcome <= JobPrice.IDLE, IDisputesReceipts.OutcomeUnknown(receipt.outcome));
        claim.orderDigest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(evidence.order));
        claim.receiptDigest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(receipt));
        claim.payer = evidence.order.payer;
        claim.node = receipt.node;
        claim.payoutWallet = evidence.certificate.payoutWallet;
        claim.attempt = receipt.attempt;
        claim.sequence = receipt.sequence;
        requireOrdered(domain, claim.orderDigest, evidence);
        ProofOfCompute.requireSigned(claim.receiptDigest, evidence.receiptSignature, receipt.node);
        requireCertified(domain, ledgerSigner, claim.orderDigest, evidence);
        claim.dueMicrocredits = dueOf(evidence, untilMs);
        require(claim.dueMicrocredits > 0, IDisputesReceipts.NothingDue(claim.receiptDigest));
    }

    /// @dev The order is signed by its payer, or by a delegate whom the payer has signed a permission for.
    function requireOrdered(bytes32 domain, bytes32 orderDigest, ReceiptEvidence memory evidence) private pure {
        address payer = evidence.order.payer;
        address signer = payer;
        if (evidence.permissionSignature.length > 0) {
            signer = evidence.permission.delegate;
            address wallet = evidence.permission.wallet;
            require(wallet == payer, IDisputesReceipts.DelegateUnrelated(payer, wallet));
            bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(evidence.permission));
            ProofOfCompute.requireSigned(digest, evidence.permissionSignature, payer);
        }
        ProofOfCompute.requireSigned(orderDigest, evidence.orderSignature, signer);
    }

    function requireCertified(
        bytes32 domain,
        address ledgerSigner,
        bytes32 orderDigest,
        ReceiptEvidence memory evidence
    ) private pure {
        HoldCertificate memory certificate = evidence.certificate;
        UsageReceipt memory receipt = evidence.receipt;
        bool isRelated = receipt.orderDigest == orderDigest &&
            certificate.orderDigest == orderDigest &&
            certificate.node == receipt.node &&
            certificate.attempt == receipt.attempt &&
            certificate.pricingDigest == ProofOfCompute.structHash(evidence.pricing);
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(certificate));
        require(isRelated, IDisputesReceipts.CertificateUnrelated(digest));
        ProofOfCompute.requireSigned(digest, evidence.certificateSignature, ledgerSigner);
    }

    function dueOf(ReceiptEvidence memory evidence, uint256 untilMs) private pure returns (uint64) {
        uint256 assignedAtMs = evidence.certificate.assignedAtMs;
        if (evidence.receipt.endedAtMs < untilMs) untilMs = evidence.receipt.endedAtMs;
        uint256 wallBoundMs = untilMs > assignedAtMs ? untilMs - assignedAtMs : 0;
        uint64 price = JobPrice.priceOf(evidence.order, evidence.receipt, wallBoundMs, evidence.pricing);
        uint64 held = evidence.certificate.amountMicrocredits;
        return JobPrice.earnedOf(price < held ? price : held, evidence.pricing);
    }
}
