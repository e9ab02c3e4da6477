// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {AssignmentRelease, UsageReceipt} from "../types/Messages.sol";
import {Question, Statement} from "./Demand.sol";
import {Proofs} from "./Proofs.sol";

/// @title What demands on receipts and on kept orders share: the contract that keeps demands, and what nodes sign.
abstract contract SignedByNodes is IDisputesReceipts {
    /// @inheritdoc IDisputesReceipts
    IDisputes public immutable disputes;

    /// @inheritdoc IDisputesReceipts
    address public immutable ledgerSigner;

    ISettlement internal immutable _settlement;

    /// @dev The EIP-712 domain of everything signed.
    bytes32 internal immutable _domain;

    constructor(address disputes_, address ledgerSigner_) {
        disputes = IDisputes(disputes_);
        ledgerSigner = ledgerSigner_;
        _settlement = disputes.settlement();
        _domain = ProofOfCompute.domainSeparator(block.chainid, address(_settlement));
    }

    /// @dev Refuses a statement of a wallet that is not its first in the epoch.
    function _requireStated(uint64 epoch, address wallet, Statement memory statement) internal view {
        bytes32 place = SumTree.placeOf(wallet);
        Proofs.requireStated(epoch, place, statement, disputes.statementOf(epoch, place));
    }

    /// @dev The digest of a receipt that its node has signed.
    function _requireReceipt(
        UsageReceipt memory receipt,
        bytes memory signature
    ) internal view returns (bytes32 digest) {
        digest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(receipt));
        ProofOfCompute.requireSigned(digest, signature, receipt.node);
    }

    function _requireReleased(
        bytes32 orderDigest,
        address node,
        uint32 attempt,
        bytes memory signature
    ) internal view {
        AssignmentRelease memory release = AssignmentRelease(orderDigest, node, attempt);
        bytes32 digest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(release));
        ProofOfCompute.requireSigned(digest, signature, node);
    }

    function _answer(Question memory question) internal {
        disputes.answerFor(msg.sender, question, false);
    }
}
