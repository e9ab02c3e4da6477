// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Frontier} from "../libraries/Frontier.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {Leaf, LeafProof} from "../types/SumTreeTypes.sol";
import {RevealedTree, DemandKind, Question, Statement, StatementProof} from "./Demand.sol";
import {DemandBook} from "./DemandBook.sol";
import {Proofs} from "./Proofs.sol";

/// @title What an epoch says of an account: its leaf, its statement, and the trees below both.
abstract contract Statements is DemandBook {
    /// @dev Places of the network's own accounts, which have leaves but no statements.
    bytes32 private constant TREASURY = keccak256("treasury");
    bytes32 private constant REWARDS = keccak256("rewards");
    bytes32 private constant CLEARING = keccak256("clearing");

    /// @dev Hash of the first statement of an account; one slot, so that what follows presents the statement again.
    mapping(uint64 epoch => mapping(bytes32 place => bytes32)) private _statements;

    /// @inheritdoc IDisputes
    function demandLeaf(uint64 epoch, bytes32 place, bytes32 follows) external returns (bytes32 id) {
        return _open(Question(epoch, DemandKind.Leaf, place, 0, 0), follows);
    }

    /// @inheritdoc IDisputes
    function demandStatement(uint64 epoch, bytes32 place, bytes32 follows) external returns (bytes32 id) {
        require(_statements[epoch][place] == 0, StatementKnown(epoch, place));
        return _openStated(Question(epoch, DemandKind.Statement, place, 0, 0), follows);
    }

    /// @inheritdoc IDisputes
    function demandReveal(
        uint64 epoch,
        bytes32 place,
        RevealedTree tree,
        bytes32 path,
        uint8 pathBits,
        bytes32 follows
    ) external returns (bytes32 id) {
        bool isCanonical = pathBits <= Frontier.PATH_BITS_MAX && uint256(path) << pathBits == 0;
        require(isCanonical, PathInvalid(path, pathBits));
        require(tree != RevealedTree.Leaves || place == 0, PlaceNotNeeded(place));
        return _openStated(_revealQuestion(epoch, place, tree, path, pathBits), follows);
    }

    /// @inheritdoc IDisputes
    function answerLeaf(uint64 epoch, bytes32 place, LeafProof calldata proof) external {
        Leaf memory leaf = _leafIn(epoch, place, proof);
        emit LeafShown(epoch, place, leaf);
        _answer(Question(epoch, DemandKind.Leaf, place, 0, 0));
    }

    /// @inheritdoc IDisputes
    function state(uint64 epoch, bytes32 place, StatementProof calldata proof) external {
        _state(epoch, place, proof);
    }

    /// @inheritdoc IDisputes
    function answerStatement(uint64 epoch, bytes32 place, StatementProof calldata proof) external {
        _state(epoch, place, proof);
        _answer(Question(epoch, DemandKind.Statement, place, 0, 0));
    }

    /// @inheritdoc IDisputes
    function answerReveal(
        uint64 epoch,
        bytes32 place,
        RevealedTree tree,
        bytes32 path,
        uint8 pathBits,
        Statement calldata statement,
        bytes calldata siblings,
        bytes calldata frontier
    ) external {
        _requireStated(epoch, place, statement);
        (bytes32 root, uint256 sum) = _treeOf(statement, tree);
        Frontier.Tree shape = tree == RevealedTree.Entries ? Frontier.Tree.Statement : Frontier.Tree.Entries;
        uint256 total = Frontier.requireRevealed(root, path, pathBits, siblings, frontier, shape);
        // Nonces of different lanes have no sum that means anything.
        if (tree != RevealedTree.Lanes) Proofs.requireTotal(sum, total);
        emit Revealed(epoch, place, tree, path, pathBits, frontier);
        _answer(_revealQuestion(epoch, place, tree, path, pathBits));
    }

    /// @inheritdoc IDisputes
    function answerLeavesReveal(
        uint64 epoch,
        bytes32 path,
        uint8 pathBits,
        bytes calldata siblings,
        bytes calldata frontier
    ) external {
        (bytes32 root, uint64 stated) = settlement.leavesOf(epoch);
        uint256 total = Frontier.requireRevealed(root, path, pathBits, siblings, frontier, Frontier.Tree.Leaves);
        Proofs.requireTotal(stated, total);
        emit Revealed(epoch, 0, RevealedTree.Leaves, path, pathBits, frontier);
        _answer(_revealQuestion(epoch, 0, RevealedTree.Leaves, path, pathBits));
    }

    /// @inheritdoc IDisputes
    function statementOf(uint64 epoch, bytes32 place) external view returns (bytes32) {
        return _statements[epoch][place];
    }

    /// @dev Opens a demand that only accounts with statements have.
    function _openStated(Question memory question, bytes32 follows) internal returns (bytes32 id) {
        bytes32 place = question.place;
        require(place != TREASURY && place != REWARDS && place != CLEARING, AccountWithoutStatement(place));
        return _open(question, follows);
    }

    /// @dev Refuses a statement that is not the account's first.
    function _requireStated(uint64 epoch, bytes32 place, Statement memory statement) internal view {
        Proofs.requireStated(epoch, place, statement, _statements[epoch][place]);
    }

    function _state(uint64 epoch, bytes32 place, StatementProof calldata proof) private {
        // Somebody else could name a root that nobody can open, and then demand to see what is below it.
        require(msg.sender == poster, ISettlement.CallerNotPoster(msg.sender));
        Statement memory statement = _proven(epoch, place, proof);
        bytes32 commitment = keccak256(abi.encode(statement));
        bytes32 known = _statements[epoch][place];
        require(known == 0 || known == commitment, StatementDiffers(epoch, place, known));
        if (known != 0) return;
        _statements[epoch][place] = commitment;
        emit Stated(epoch, place, statement);
    }

    function _proven(
        uint64 epoch,
        bytes32 place,
        StatementProof calldata proof
    ) private view returns (Statement memory statement) {
        statement.opening = _leafIn(settlement.reachOf(epoch).parent, place, proof.opening);
        statement.closing = _leafIn(epoch, place, proof.closing);
        statement.root = proof.root;
        statement.sum = proof.sum;
        (, , uint128 held) = SumTree.lookUp(statement.closing.holdsRoot, proof.holds.key, proof.holds, false);
        Proofs.requireTotal(statement.closing.held, held);
        _requireBalanced(statement);
    }

    function _requireBalanced(Statement memory statement) private pure {
        Leaf memory opening = statement.opening;
        Leaf memory closing = statement.closing;
        (uint64 credits, uint64 debits) = SumTree.splitSum(statement.sum);
        uint256 before = uint256(opening.available) + opening.held;
        uint256 later = uint256(closing.available) + closing.held;
        require(before + credits == later + debits, StatementDoesNotBalance(before, credits, debits, later));
        require(
            closing.receiptSequence >= opening.receiptSequence,
            SequenceDescends(opening.receiptSequence, closing.receiptSequence)
        );
    }

    function _leafIn(
        uint64 epoch,
        bytes32 place,
        LeafProof calldata proof
    ) private view returns (Leaf memory leaf) {
        (bytes32 root, uint64 stated) = settlement.leavesOf(epoch);
        uint128 total;
        (, leaf, total) = SumTree.lookUpLeaf(root, place, proof);
        Proofs.requireTotal(stated, total);
    }

    function _treeOf(
        Statement calldata statement,
        RevealedTree tree
    ) private pure returns (bytes32 root, uint256 sum) {
        require(tree != RevealedTree.Leaves, TreeInvalid(tree));
        if (tree == RevealedTree.Entries) return (statement.root, statement.sum);
        if (tree == RevealedTree.Holds) return (statement.closing.holdsRoot, statement.closing.held);
        return (statement.closing.lanesRoot, 0);
    }

    function _revealQuestion(
        uint64 epoch,
        bytes32 place,
        RevealedTree tree,
        bytes32 path,
        uint8 pathBits
    ) private pure returns (Question memory) {
        return Question(epoch, DemandKind.Reveal, place, path, (uint256(tree) << 8) | pathBits);
    }
}
