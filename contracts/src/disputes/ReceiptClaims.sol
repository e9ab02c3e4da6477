// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {Authorities} from "../libraries/Authorities.sol";
import {JobPrice} from "../libraries/JobPrice.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {HoldCertificate, JobOrder, UsageReceipt} from "../types/Messages.sol";
import {CertifiedOrder, OrderClaim, ReceiptClaim, ReceiptEvidence} from "./Demand.sol";

/// @title What a node is due by a signed order, its own signed receipt and the ledger's certificate.
library ReceiptClaims {
    /// @dev The order that the ledger has certified. Whether a delegate's permission covers it was for the ledger to see.
    /// Reverts with `CertificateUnrelated`, and with the errors of `Authorities.signerFor`.
    function orderOf(
        bytes32 domain,
        address ledgerSigner,
        CertifiedOrder memory certified
    ) internal pure returns (OrderClaim memory claim) {
        JobOrder memory order = certified.order;
        HoldCertificate memory certificate = certified.certificate;
        claim.orderDigest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(order));
        claim.payer = order.payer;
        claim.node = certificate.node;
        claim.attempt = certificate.attempt;
        claim.position = certificate.position;
        claim.assignedAtMs = certificate.assignedAtMs;
        (address signer, ) = Authorities.signerFor(domain, order.payer, claim.orderDigest, certified.authority);
        claim.laneKey = ProofOfCompute.laneKey(signer, order.lane);
        claim.nonce = order.nonce;
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(certificate));
        bool isRelated = certificate.orderDigest == claim.orderDigest;
        require(isRelated, IDisputesReceipts.CertificateUnrelated(digest));
        ProofOfCompute.requireSigned(digest, certified.certificateSignature, ledgerSigner);
    }

    /// @dev Reverts as `orderOf` does, and with `OutcomeUnknown`, `ReceiptUnrelated`.
    /// @param untilMs The latest time up to which running time counts, in milliseconds. What the node itself says to be the end bounds it
    /// too: else a receipt that was settled could be pushed later and would be due more.
    function claimOf(
        bytes32 domain,
        address ledgerSigner,
        ReceiptEvidence memory evidence,
        uint256 untilMs
    ) internal pure returns (ReceiptClaim memory claim) {
        UsageReceipt memory receipt = evidence.receipt;
        // The ledger knows no other outcomes and takes no receipt with them, so none may be due.
        require(receipt.outcome <= JobPrice.IDLE, IDisputesReceipts.OutcomeUnknown(receipt.outcome));
        claim.order = orderOf(domain, ledgerSigner, evidence.certified);
        claim.receiptDigest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(receipt));
        claim.payoutWallet = evidence.certified.certificate.payoutWallet;
        bool isRelated = receipt.orderDigest == claim.order.orderDigest &&
            receipt.node == claim.order.node &&
            receipt.attempt == claim.order.attempt &&
            ProofOfCompute.structHash(evidence.pricing) == evidence.certified.certificate.pricingDigest;
        require(isRelated, IDisputesReceipts.ReceiptUnrelated(claim.receiptDigest));
        ProofOfCompute.requireSigned(claim.receiptDigest, evidence.receiptSignature, receipt.node);
        claim.dueMicrocredits = dueOf(evidence, untilMs);
    }

    function dueOf(ReceiptEvidence memory evidence, uint256 untilMs) private pure returns (uint64) {
        uint256 assignedAtMs = evidence.certified.certificate.assignedAtMs;
        if (evidence.receipt.endedAtMs < untilMs) untilMs = evidence.receipt.endedAtMs;
        uint256 wallBoundMs = untilMs > assignedAtMs ? untilMs - assignedAtMs : 0;
        JobOrder memory order = evidence.certified.order;
        uint64 price = JobPrice.priceOf(order, evidence.receipt, wallBoundMs, evidence.pricing);
        uint64 held = evidence.certified.certificate.amountMicrocredits;
        return JobPrice.earnedOf(price < held ? price : held, evidence.pricing);
    }
}
