// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Acceptances} from "../../src/libraries/Acceptances.sol";
import {JobPrice} from "../../src/libraries/JobPrice.sol";
import {ProofOfCompute} from "../../src/libraries/ProofOfCompute.sol";
import {StatementKeys} from "../../src/libraries/StatementKeys.sol";
import "../../src/types/Messages.sol";

/// @title Lets specs call the libraries that read signed messages.
contract MessagesHarness {
    function hashJobOrder(JobOrder calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashUsageReceipt(UsageReceipt calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashHoldCertificate(HoldCertificate calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashPricing(Pricing calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashAssignmentRelease(AssignmentRelease calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashAcceptance(Acceptance calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashAcceptanceRoot(AcceptanceRoot calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashTransfer(Transfer calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashPurchase(Purchase calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashEscrowOrder(EscrowOrder calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashEscrowCapture(EscrowCapture calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashIou(Iou calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashIouRedemption(IouRedemption calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashWithdrawal(Withdrawal calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashPayoutInstruction(PayoutInstruction calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function hashSpendPermission(SpendPermission calldata message) external pure returns (bytes32) {
        return ProofOfCompute.structHash(message);
    }

    function domainSeparator(uint256 chainId, address settlement) external pure returns (bytes32) {
        return ProofOfCompute.domainSeparator(chainId, settlement);
    }

    function digestOf(bytes32 domain, bytes32 messageHash) external pure returns (bytes32) {
        return ProofOfCompute.digestOf(domain, messageHash);
    }

    function signerOf(bytes32 digest, bytes calldata signature) external pure returns (address) {
        return ProofOfCompute.signerOf(digest, signature);
    }

    function requireSigned(bytes32 digest, bytes calldata signature, address expected) external pure {
        ProofOfCompute.requireSigned(digest, signature, expected);
    }

    function laneKey(address signer, uint32 lane) external pure returns (bytes32) {
        return ProofOfCompute.laneKey(signer, lane);
    }

    function keyOfInboxItem(uint64 index) external pure returns (bytes32) {
        return StatementKeys.ofInboxItem(index);
    }

    function keyOfRow(uint64 epoch) external pure returns (bytes32) {
        return StatementKeys.ofRow(epoch);
    }

    function keyOfInstruction(bytes32 instructionDigest, uint64 journalPosition) external pure returns (bytes32) {
        return StatementKeys.ofInstruction(instructionDigest, journalPosition);
    }

    function requireAccepted(bytes32 domain, address ledgerSigner, SignedAcceptance calldata signed) external pure {
        Acceptances.requireSigned(domain, ledgerSigner, signed);
    }

    function priceOf(
        JobOrder calldata order,
        UsageReceipt calldata receipt,
        uint256 wallBoundMs,
        Pricing calldata pricing
    ) external pure returns (uint64) {
        return JobPrice.priceOf(order, receipt, wallBoundMs, pricing);
    }

    function feeOf(uint64 captured, Pricing calldata pricing) external pure returns (uint256 fee, uint256 burn) {
        return JobPrice.feeOf(captured, pricing);
    }

    function earnedOf(uint64 captured, Pricing calldata pricing) external pure returns (uint64) {
        return JobPrice.earnedOf(captured, pricing);
    }
}
