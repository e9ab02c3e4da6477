// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Acceptances} from "../libraries/Acceptances.sol";
import {DebitJudge} from "../libraries/DebitJudge.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {Case} from "../types/DebitEvidence.sol";
import {EpochReach} from "../types/Epoch.sol";
import {SignedAcceptance} from "../types/Messages.sol";
import {Movement, MovementKind, Statement} from "./Demand.sol";
import {Movements} from "./Movements.sol";

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

    /// @notice Returns when a debit of an account in an epoch is allowed. Reverts as `DebitJudge.requireAllowed` does.
    function requireDebitAllowed(
        uint64 epoch,
        bytes32 place,
        Statement calldata statement,
        bytes32 key,
        uint64 debitMicrocredits,
        bytes calldata evidence
    ) external view {
        DebitJudge.requireAllowed(_caseOf(epoch, place, statement), key, debitMicrocredits, evidence);
    }

    /// @notice Returns when a hold of an account at the end of an epoch is allowed. Reverts as `DebitJudge.requireHoldAllowed` does.
    function requireHoldAllowed(
        uint64 epoch,
        bytes32 place,
        Statement calldata statement,
        bytes32 key,
        uint128 amountMicrocredits,
        bytes calldata evidence
    ) external view {
        DebitJudge.requireHoldAllowed(_caseOf(epoch, place, statement), key, amountMicrocredits, evidence);
    }

    function _caseOf(uint64 id, bytes32 place, Statement calldata statement) private view returns (Case memory judged) {
        EpochReach memory asked = _settlement.reachOf(id);
        EpochReach memory parent = _settlement.reachOf(asked.parent);
        judged.place = place;
        judged.opening = statement.opening;
        judged.closing = statement.closing;
        judged.epoch = id;
        judged.closedAt = asked.closedAt;
        judged.parentClosedAt = parent.closedAt;
        judged.parentInboxCut = parent.inboxCut;
        judged.inboxCut = asked.inboxCut;
        judged.domain = _domain;
        judged.settlement = _settlement;
    }
}
