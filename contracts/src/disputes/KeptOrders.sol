// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {Acceptances} from "../libraries/Acceptances.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {Epoch} from "../types/Epoch.sol";
import {HoldCertificate, JobOrder, SignedAcceptance, UsageReceipt} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {DemandKind, KeptGround, Question, Statement} from "./Demand.sol";
import {SignedByNodes} from "./SignedByNodes.sol";

/// @title Holds that must stand as long as their certificates do, and epochs that leave out what was done before they closed.
abstract contract KeptOrders is SignedByNodes {
    uint64 private constant MILLISECONDS_PER_SECOND = 1_000;

    /// @inheritdoc IDisputesReceipts
    function demandKept(
        uint64 epoch,
        JobOrder calldata order,
        HoldCertificate calldata certificate,
        bytes calldata certificateSignature,
        bytes32 follows
    ) external returns (bytes32 id) {
        bytes32 orderDigest = _requireCertified(order, certificate, certificateSignature);
        uint64 closedAt = _settlement.epoch(epoch).closedAt;
        require(certificate.expires > closedAt, CertificateExpired(certificate.expires, closedAt));
        Question memory question = _keptQuestion(
            epoch,
            order.payer,
            orderDigest,
            certificate.node,
            certificate.attempt
        );
        return disputes.openFor(msg.sender, question, follows);
    }

    /// @inheritdoc IDisputesReceipts
    function answerKept(
        uint64 epoch,
        address payer,
        bytes32 orderDigest,
        address node,
        uint32 attempt,
        KeptGround ground,
        Statement calldata statement,
        EntryProof calldata proof
    ) external {
        _requireStated(epoch, payer, statement);
        if (ground == KeptGround.NoOpeningHold)
            SumTree.requireAbsent(statement.opening.holdsRoot, orderDigest, proof);
        else {
            bool isHold = ground == KeptGround.ClosingHold;
            bytes32 root = isHold ? statement.closing.holdsRoot : statement.root;
            SumTree.requireIncluded(root, orderDigest, proof);
        }
        _answer(_keptQuestion(epoch, payer, orderDigest, node, attempt));
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByRelease(
        uint64 epoch,
        address payer,
        bytes32 orderDigest,
        address node,
        uint32 attempt,
        bytes calldata signature
    ) external {
        _requireReleased(orderDigest, node, attempt, signature);
        _answer(_keptQuestion(epoch, payer, orderDigest, node, attempt));
    }

    /// @inheritdoc IDisputesReceipts
    function answerKeptByReceipt(
        uint64 epoch,
        address payer,
        UsageReceipt calldata receipt,
        bytes calldata signature
    ) external {
        _requireReceipt(receipt, signature);
        _answer(_keptQuestion(epoch, payer, receipt.orderDigest, receipt.node, receipt.attempt));
    }

    /// @inheritdoc IDisputesReceipts
    function cancelStale(uint64 epoch, SignedAcceptance calldata acceptance) external {
        Acceptances.requireSigned(_domain, ledgerSigner, acceptance);
        uint64 position = acceptance.acceptance.position;
        uint64 atSeconds = acceptance.acceptance.atMs / MILLISECONDS_PER_SECOND;
        Epoch memory stale = _settlement.epoch(epoch);
        bool isLeftOut = position > stale.journalPosition && atSeconds < stale.closedAt;
        require(isLeftOut, AcceptanceNotLeftOut(position, stale.journalPosition, atSeconds, stale.closedAt));
        emit CancelledAsStale(epoch, position, msg.sender);
        disputes.cancelFor(msg.sender, epoch);
    }

    function _requireCertified(
        JobOrder calldata order,
        HoldCertificate calldata certificate,
        bytes calldata signature
    ) private view returns (bytes32 orderDigest) {
        orderDigest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(order));
        bytes32 digest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(certificate));
        require(certificate.orderDigest == orderDigest, CertificateUnrelated(digest));
        ProofOfCompute.requireSigned(digest, signature, ledgerSigner);
    }

    function _keptQuestion(
        uint64 epoch,
        address payer,
        bytes32 orderDigest,
        address node,
        uint32 attempt
    ) private pure returns (Question memory) {
        uint256 value = (uint256(uint160(node)) << 32) | attempt;
        return Question(epoch, DemandKind.Kept, SumTree.placeOf(payer), orderDigest, value);
    }
}
