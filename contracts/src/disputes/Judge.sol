// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Acceptances} from "../libraries/Acceptances.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {AssignmentRelease, SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {Movement, MovementKind, ReceiptClaim, ReceiptEvidence} from "./Demand.sol";
import {Movements} from "./Movements.sol";
import {ReceiptClaims} from "./ReceiptClaims.sol";

/// @title Reads signed messages for the disputes contract, which deploys it.
/// @dev Apart because a contract has 24 576 bytes at most (EIP-170). It has no state, and anybody may ask it.
contract Judge {
    ISettlement private immutable _settlement;
    address private immutable _ledgerSigner;
    bytes32 private immutable _domain;

    constructor(address settlement, address ledgerSigner) {
        _settlement = ISettlement(settlement);
        _ledgerSigner = ledgerSigner;
        _domain = ProofOfCompute.domainSeparator(block.chainid, settlement);
    }

    /// @notice What a node is due, when running time counts up to `untilMs` at most. Reverts as `ReceiptClaims.claimOf` does.
    function claimOf(
        ReceiptEvidence calldata evidence,
        uint256 untilMs
    ) external view returns (ReceiptClaim memory claim) {
        return ReceiptClaims.claimOf(_domain, _ledgerSigner, evidence, untilMs);
    }

    /// @notice Whom the movement behind a message debits and credits. Reverts as `Movements.read` does.
    function movementOf(MovementKind kind, bytes calldata message) external view returns (Movement memory) {
        return Movements.read(_domain, _settlement, kind, message);
    }

    /// @notice Returns when the ledger has signed that it accepted the message with this digest.
    /// @dev Reverts with `AcceptanceUnrelated`, and as `Acceptances.requireSigned` does.
    function requireAccepted(SignedAcceptance calldata acceptance, bytes32 digest) external view {
        bool isRelated = acceptance.acceptance.digest == digest && acceptance.acceptance.isAccepted;
        require(isRelated, IDisputesAccounts.AcceptanceUnrelated(digest, acceptance.acceptance.digest));
        Acceptances.requireSigned(_domain, _ledgerSigner, acceptance);
    }

    /// @notice Returns when the node has signed a release. Reverts as `ProofOfCompute.requireSigned` does.
    function requireReleased(AssignmentRelease calldata release, bytes calldata signature) external view {
        bytes32 digest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(release));
        ProofOfCompute.requireSigned(digest, signature, release.node);
    }

    /// @notice The digest of a receipt that `node` has signed. Reverts as `ProofOfCompute.requireSigned` does, also when the receipt
    /// names another node.
    function requireReceipt(
        UsageReceipt calldata receipt,
        bytes calldata signature,
        address node
    ) external view returns (bytes32 digest) {
        digest = receiptDigest(receipt);
        require(receipt.node == node, ProofOfCompute.SignerDiffers(digest, node, receipt.node));
        ProofOfCompute.requireSigned(digest, signature, node);
    }

    /// @notice The EIP-712 digest of a receipt.
    function receiptDigest(UsageReceipt calldata receipt) public view returns (bytes32) {
        return ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(receipt));
    }
}
