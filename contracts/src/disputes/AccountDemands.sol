// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {DemandKind, Question, Statement} from "./Demand.sol";
import {Judge} from "./Judge.sol";
import {Proofs} from "./Proofs.sol";
import {Statements} from "./Statements.sol";

/// @title What an account's statement, holds and lanes must stand up to.
abstract contract AccountDemands is Statements, IDisputesAccounts {
    /// @dev Judges what messages say and who signed them.
    Judge internal immutable _judge;

    constructor(address settlement_, address ledgerSigner_) {
        ledgerSigner = ledgerSigner_;
        _judge = new Judge(settlement_, ledgerSigner_);
    }

    /// @inheritdoc IDisputesAccounts
    address public immutable ledgerSigner;

    /// @inheritdoc IDisputesAccounts
    function demandEntry(uint64 epoch, bytes32 place, bytes32 key, bytes32 follows) external returns (bytes32 id) {
        return _openStated(Question(epoch, DemandKind.Entry, place, key, 0), follows);
    }

    /// @inheritdoc IDisputesAccounts
    function demandHold(uint64 epoch, bytes32 place, bytes32 key, bytes32 follows) external returns (bytes32 id) {
        return _openStated(Question(epoch, DemandKind.Hold, place, key, 0), follows);
    }

    /// @inheritdoc IDisputesAccounts
    function demandLane(uint64 epoch, bytes32 place, bytes32 key, bytes32 follows) external returns (bytes32 id) {
        return _openStated(Question(epoch, DemandKind.Lane, place, key, 0), follows);
    }

    /// @inheritdoc IDisputesAccounts
    function answerEntry(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        Statement calldata statement,
        EntryProof calldata proof,
        bytes calldata evidence
    ) external {
        _requireStated(epoch, place, statement);
        (, uint64 debit) = Proofs.entryIn(statement, key, proof);
        if (debit > 0) {
            // The evidence has to stand in the transaction's calldata, for nobody else may know whom the message credits: code could make it up.
            require(msg.sender == tx.origin && msg.sender.code.length == 0, AnswererNotDirect(msg.sender));
            _judge.requireDebitAllowed(epoch, place, statement, key, debit, evidence);
        }
        _answer(Question(epoch, DemandKind.Entry, place, key, 0));
    }

    /// @inheritdoc IDisputesAccounts
    function answerHold(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        Statement calldata statement,
        EntryProof calldata proof,
        bytes calldata evidence
    ) external {
        _requireStated(epoch, place, statement);
        (bool isThere, uint128 amount, ) = SumTree.lookUp(statement.closing.holdsRoot, key, proof, false);
        if (isThere) _judge.requireHoldAllowed(epoch, place, statement, key, amount, evidence);
        _answer(Question(epoch, DemandKind.Hold, place, key, 0));
    }

    /// @inheritdoc IDisputesAccounts
    function answerLane(
        uint64 epoch,
        bytes32 place,
        bytes32 key,
        Statement calldata statement,
        EntryProof calldata openingLane,
        EntryProof calldata closingLane
    ) external {
        _requireStated(epoch, place, statement);
        bytes32 openingRoot = statement.opening.lanesRoot;
        bytes32 closingRoot = statement.closing.lanesRoot;
        (bool wasThere, uint128 opening, ) = SumTree.lookUp(openingRoot, key, openingLane, false);
        (bool isThere, uint128 closing, ) = SumTree.lookUp(closingRoot, key, closingLane, false);
        // A lane that is gone would take nonce 0 again.
        require(closing >= opening && (isThere || !wasThere), LaneDescends(key, opening, closing));
        _answer(Question(epoch, DemandKind.Lane, place, key, 0));
    }

    /// @inheritdoc IDisputesAccounts
    function judge() external view returns (address) {
        return address(_judge);
    }
}
