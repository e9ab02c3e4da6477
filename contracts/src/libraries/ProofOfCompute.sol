// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import "../types/Messages.sol";

/// @title The EIP-712 hashes of signed messages, who signed them, and what keys they have in an epoch's trees.
/// @dev https://eips.ethereum.org/EIPS/eip-712. The structs of Messages.sol are words in the order of their types, so that `hashStruct` is
/// the hash of the type's hash and the struct as ABI encoded.
library ProofOfCompute {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant JOB_ORDER_TYPE =
        keccak256(
            "JobOrder(address payer,string engine,bytes32 specDigest,uint64 maxPriceMicrocredits,uint64 bidMicrocredits,uint8 priority,uint64 fuelMax,uint32 cpuMillicoresMax,uint64 memoryBytesMax,uint64 wallMsMax,uint32 gpuCountMax,uint64 storageBytesMax,uint64 egressBytesMax,uint64 deadline,uint32 graceSeconds,uint32 lane,uint64 nonce)"
        );
    bytes32 private constant USAGE_RECEIPT_TYPE =
        keccak256(
            "UsageReceipt(bytes32 orderDigest,address node,uint32 attempt,uint64 sequence,uint8 outcome,bytes32 inputDigest,bytes32 outputDigest,uint64 startedAtMs,uint64 endedAtMs,uint64 fuel,uint64 cpuMs,uint64 memoryBytesPeak,uint64 gpuMs,uint64 storageByteSeconds,uint64 egressBytes)"
        );
    bytes32 private constant HOLD_CERTIFICATE_TYPE =
        keccak256(
            "HoldCertificate(bytes32 hold,bytes32 orderDigest,address node,address payoutWallet,uint32 attempt,uint64 amountMicrocredits,uint64 position,uint64 expires,uint64 assignedAtMs,bytes32 pricingDigest)"
        );
    bytes32 private constant PRICING_TYPE =
        keccak256(
            "Pricing(uint64 cpuCoreHourMicrocredits,uint64 gpuHourMicrocredits,uint64 memoryGibHourMicrocredits,uint64 storageGibHourMicrocredits,uint64 egressGibMicrocredits,uint64 fuelCoreHourMicrocredits,uint32 feeBasisPoints,uint32 burnBasisPoints)"
        );
    bytes32 private constant ASSIGNMENT_RELEASE_TYPE =
        keccak256("AssignmentRelease(bytes32 orderDigest,address node,uint32 attempt)");
    bytes32 private constant ACCEPTANCE_TYPE =
        keccak256("Acceptance(bytes32 digest,uint64 position,bool isAccepted,uint64 atMs)");
    bytes32 private constant ACCEPTANCE_ROOT_TYPE =
        keccak256("AcceptanceRoot(uint32 shard,bytes32 root,uint64 position,bytes32 journalHash)");
    bytes32 private constant TRANSFER_TYPE =
        keccak256(
            "Transfer(address from,address to,uint64 amountMicrocredits,uint32 lane,uint64 nonce,uint64 deadline)"
        );
    bytes32 private constant PURCHASE_TYPE =
        keccak256(
            "Purchase(address wallet,address seller,uint64 amountMicrocredits,bytes32 reference,uint32 lane,uint64 nonce,uint64 deadline)"
        );
    bytes32 private constant ESCROW_ORDER_TYPE =
        keccak256(
            "EscrowOrder(address wallet,address seller,uint64 amountMicrocredits,bytes32 reference,uint64 expires,uint32 lane,uint64 nonce,uint64 deadline)"
        );
    bytes32 private constant ESCROW_CAPTURE_TYPE =
        keccak256("EscrowCapture(bytes32 escrow,address wallet,uint64 amountMicrocredits)");
    bytes32 private constant IOU_TYPE =
        keccak256(
            "Iou(address debtor,address creditor,uint64 amountMicrocredits,uint64 dueAt,bytes32 reference,uint32 lane,uint64 nonce,uint64 deadline)"
        );
    bytes32 private constant IOU_REDEMPTION_TYPE =
        keccak256(
            "IouRedemption(bytes32 iou,address debtor,uint64 amountMicrocredits,uint32 lane,uint64 nonce,uint64 deadline)"
        );
    bytes32 private constant WITHDRAWAL_TYPE =
        keccak256("Withdrawal(address wallet,uint64 amountMicrocredits,uint32 lane,uint64 nonce,uint64 deadline)");
    bytes32 private constant PAYOUT_INSTRUCTION_TYPE =
        keccak256(
            "PayoutInstruction(address wallet,uint64 minimumMicrocredits,uint32 intervalSeconds,uint64 expires,uint64 nonce)"
        );
    bytes32 private constant SPEND_PERMISSION_TYPE =
        keccak256(
            "SpendPermission(address wallet,address delegate,uint64 jobMicrocreditsMax,uint64 hourMicrocreditsMax,uint64 dayMicrocreditsMax,address[] counterparties,string[] engines,uint64 expires,uint64 nonce)"
        );

    /// @notice Thrown when a signature has not 65 bytes `r ‖ s ‖ v` with `v` 27 or 28 and `s` in the lower half, or belongs to no key.
    error SignatureInvalid(bytes32 digest);

    /// @notice Thrown when another key made the signature.
    error SignerDiffers(bytes32 digest, address expected, address actual);

    /// @dev The domain of everything that is signed for one settlement contract.
    function domainSeparator(uint256 chainId, address settlement) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("DEparrow"), keccak256("1"), chainId, settlement));
    }

    /// @dev What is signed for a message.
    function digestOf(bytes32 domain, bytes32 messageHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes2(0x1901), domain, messageHash));
    }

    /// @dev Whose key made a signature, by the same rules as the ledger. Reverts with `SignatureInvalid`.
    function signerOf(bytes32 digest, bytes memory signature) internal pure returns (address signer) {
        ECDSA.RecoverError problem;
        (signer, problem, ) = ECDSA.tryRecover(digest, signature);
        require(problem == ECDSA.RecoverError.NoError, SignatureInvalid(digest));
    }

    /// @dev Reverts with `SignatureInvalid`, `SignerDiffers`.
    function requireSigned(bytes32 digest, bytes memory signature, address expected) internal pure {
        address signer = signerOf(digest, signature);
        require(signer == expected, SignerDiffers(digest, expected, signer));
    }

    /// @dev The key of a signer's lane in the lanes of a leaf.
    function laneKey(address signer, uint32 lane) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(signer, lane));
    }

    function structHash(JobOrder memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(JOB_ORDER_TYPE, message));
    }

    function structHash(UsageReceipt memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(USAGE_RECEIPT_TYPE, message));
    }

    function structHash(HoldCertificate memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(HOLD_CERTIFICATE_TYPE, message));
    }

    function structHash(Pricing memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(PRICING_TYPE, message));
    }

    function structHash(AssignmentRelease memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(ASSIGNMENT_RELEASE_TYPE, message));
    }

    function structHash(Acceptance memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPTANCE_TYPE, message));
    }

    function structHash(AcceptanceRoot memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPTANCE_ROOT_TYPE, message));
    }

    function structHash(Transfer memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(TRANSFER_TYPE, message));
    }

    function structHash(Purchase memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(PURCHASE_TYPE, message));
    }

    function structHash(EscrowOrder memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(ESCROW_ORDER_TYPE, message));
    }

    function structHash(EscrowCapture memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(ESCROW_CAPTURE_TYPE, message));
    }

    function structHash(Iou memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(IOU_TYPE, message));
    }

    function structHash(IouRedemption memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(IOU_REDEMPTION_TYPE, message));
    }

    function structHash(Withdrawal memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAWAL_TYPE, message));
    }

    function structHash(PayoutInstruction memory message) internal pure returns (bytes32) {
        return keccak256(abi.encode(PAYOUT_INSTRUCTION_TYPE, message));
    }

    /// @dev An array is hashed as its members' words one after another, and a `string` among them as its hash.
    function structHash(SpendPermission memory message) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    SPEND_PERMISSION_TYPE,
                    message.wallet,
                    message.delegate,
                    message.jobMicrocreditsMax,
                    message.hourMicrocreditsMax,
                    message.dayMicrocreditsMax,
                    keccak256(abi.encodePacked(message.counterparties)),
                    keccak256(abi.encodePacked(message.engines)),
                    message.expires,
                    message.nonce
                )
            );
    }
}
