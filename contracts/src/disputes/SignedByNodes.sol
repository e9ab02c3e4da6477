// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {IDisputesReceipts} from "../interfaces/IDisputesReceipts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {EpochReach} from "../types/Epoch.sol";
import {AssignmentRelease, MILLISECONDS_PER_SECOND} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {OrderClaim, Question, Statement} from "./Demand.sol";
import {Proofs} from "./Proofs.sol";

/// @title What demands on receipts and on kept orders share: the contract that keeps demands, and what nodes sign.
abstract contract SignedByNodes is IDisputesReceipts {
    /// @inheritdoc IDisputesReceipts
    IDisputes public immutable disputes;

    /// @inheritdoc IDisputesReceipts
    address public immutable ledgerSigner;

    /// @dev Between the inbox item's arrival and its turn in the journal, beside D.
    uint64 private constant PUSH_MARGIN_SECONDS = 5 minutes;

    /// @dev How long before its certificate ends a receipt must be pushed, in seconds.
    uint256 internal immutable _pushedBeforeSeconds;

    ISettlement internal immutable _settlement;

    /// @dev The EIP-712 domain of everything signed.
    bytes32 internal immutable _domain;

    constructor(address disputes_, address ledgerSigner_) {
        disputes = IDisputes(disputes_);
        ledgerSigner = ledgerSigner_;
        _settlement = disputes.settlement();
        _pushedBeforeSeconds = _settlement.inboxAgeSeconds() + PUSH_MARGIN_SECONDS;
        _domain = ProofOfCompute.domainSeparator(block.chainid, address(_settlement));
    }

    /// @dev Refuses a statement of a wallet that is not its first in the epoch.
    function _requireStated(uint64 epoch, address wallet, Statement memory statement) internal view {
        bytes32 place = SumTree.placeOf(wallet);
        Proofs.requireStated(epoch, place, statement, disputes.statementOf(epoch, place));
    }

    /// @dev A node's release of the certified assignment, and of no other.
    function _requireReleased(OrderClaim memory order, bytes memory signature) internal view {
        AssignmentRelease memory release = AssignmentRelease(order.orderDigest, order.node, order.attempt);
        bytes32 digest = ProofOfCompute.digestOf(_domain, ProofOfCompute.structHash(release));
        ProofOfCompute.requireSigned(digest, signature, order.node);
    }

    /// @dev Refuses with `SumTree.NotAbsent`, `SumTree.NotIncluded`, `NotEndedBefore` unless the order's hold had ended when the epoch began:
    /// it was certified, by position and by time, and its nonce is used, and no hold stood. The position alone would be the ledger's word; of the
    /// time a node has its own clock.
    function _requireEndedBefore(
        uint64 epoch,
        OrderClaim memory order,
        Statement memory payer,
        EntryProof memory openingHold,
        EntryProof memory openingLane
    ) internal view {
        _requireStated(epoch, order.payer, payer);
        SumTree.requireAbsent(payer.opening.holdsRoot, order.orderDigest, openingHold);
        uint128 nonce = SumTree.requireIncluded(payer.opening.lanesRoot, order.laneKey, openingLane);
        EpochReach memory parent = _settlement.reachOf(_settlement.reachOf(epoch).parent);
        uint64 position = parent.journalPosition;
        bool wasAssigned = order.position <= position && order.assignedAtMs / MILLISECONDS_PER_SECOND <= parent.closedAt;
        bool isEnded = order.nonce <= nonce && wasAssigned;
        require(isEnded, NotEndedBefore(order.orderDigest, order.nonce, nonce, order.position, position));
    }

    function _answer(Question memory question) internal {
        disputes.answerFor(msg.sender, question, false);
    }
}
