// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExitTree} from "../../src/libraries/ExitTree.sol";
import {Frontier} from "../../src/libraries/Frontier.sol";
import {SumTree} from "../../src/libraries/SumTree.sol";
import {EntryProof, Leaf, LeafProof, SumNode} from "../../src/types/SumTreeTypes.sol";

/// @title Lets specs call the libraries that read trees.
contract SumTreeHarness {
    function placeOf(address account) external pure returns (bytes32) {
        return SumTree.placeOf(account);
    }

    function placeOfPayable(address account) external pure returns (bytes32) {
        return SumTree.placeOfPayable(account);
    }

    function placeOfName(string calldata name) external pure returns (bytes32) {
        return SumTree.placeOfName(name);
    }

    function leafNode(bytes32 place, Leaf calldata leaf) external pure returns (SumNode memory) {
        return SumTree.leafNode(place, leaf);
    }

    function climb(
        SumNode calldata node,
        bytes32 place,
        bytes calldata siblings,
        bool isSplit
    ) external pure returns (SumNode memory) {
        return SumTree.climb(node, place, siblings, isSplit);
    }

    function lookUp(
        bytes32 root,
        bytes32 key,
        EntryProof calldata proof,
        bool isSplit
    ) external pure returns (bool isPresent, uint128 value, uint128 total) {
        return SumTree.lookUp(root, key, proof, isSplit);
    }

    function lookUpLeaf(
        bytes32 root,
        bytes32 place,
        LeafProof calldata proof
    ) external pure returns (bool isPresent, Leaf memory leaf, uint128 total) {
        return SumTree.lookUpLeaf(root, place, proof);
    }

    function requireIncluded(bytes32 root, bytes32 key, EntryProof calldata proof) external pure returns (uint128) {
        return SumTree.requireIncluded(root, key, proof);
    }

    function requireAbsent(bytes32 root, bytes32 key, EntryProof calldata proof) external pure {
        SumTree.requireAbsent(root, key, proof);
    }

    function sumOf(bytes32 root, bytes calldata preimage) external pure returns (uint128) {
        return SumTree.sumOf(root, preimage);
    }

    function splitSum(uint128 sum) external pure returns (uint64 credit, uint64 debit) {
        return SumTree.splitSum(sum);
    }

    function exitTreeId(bytes32 root, uint64 totalMicrocredits) external pure returns (bytes32) {
        return ExitTree.idOf(root, totalMicrocredits);
    }

    function exitTreeOver(
        bytes32 place,
        Leaf calldata leaf,
        bytes calldata siblings
    ) external pure returns (bytes32 id, uint256 amountMicrocredits) {
        return ExitTree.treeOver(place, leaf, siblings);
    }

    function requireRevealed(
        bytes32 root,
        bytes32 path,
        uint256 pathBits,
        bytes calldata siblings,
        bytes calldata frontier,
        Frontier.Tree tree
    ) external pure returns (uint128 total) {
        return Frontier.requireRevealed(root, path, pathBits, siblings, frontier, tree);
    }
}
