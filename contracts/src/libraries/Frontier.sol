// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaf, SumNode} from "../types/SumTreeTypes.sol";
import {SumTree} from "./SumTree.sol";

/// @title The four levels of a tree that stand below a path.
/// @dev Encoded from the top, each node by a tag: 0 nothing; 1 an inner node, hash (32) and sum (16), only four levels down; 2 an entry, key
/// (32) and value (16), and in the tree of leaves a whole leaf: place (32), available (16), held (16), root of lanes (32), root of holds (32),
/// receipt sequence (8); 3 a branch, followed by its left and its right half. There is one encoding of each subtree.
library Frontier {
    /// @dev How far below the path nodes are spelled out.
    uint256 internal constant LEVELS = 4;

    /// @dev The deepest path that may be asked for, so that the frontier ends where trees end.
    uint256 internal constant PATH_BITS_MAX = SumTree.DEPTH_MAX - LEVELS;

    bytes1 private constant ABSENT = 0x00;
    bytes1 private constant INNER = 0x01;
    bytes1 private constant ENTRY = 0x02;
    bytes1 private constant BRANCH = 0x03;

    /// @dev What a tree has below its branches, and how its sums add up.
    enum Tree {
        /// @dev Entries whose values are one number: holds, lanes.
        Entries,
        /// @dev Entries whose values are a credit and a debit, which may not carry: statements.
        Statement,
        /// @dev The leaves of an epoch.
        Leaves
    }

    /// @notice Thrown when a path is longer than `PATH_BITS_MAX`.
    error PathTooDeep(uint256 depth);

    /// @notice Thrown when the encoding ends too early, or goes on after its end.
    error FrontierLengthInvalid(uint256 length);

    /// @notice Thrown when a tag is unknown, or not allowed at its depth below the path.
    error FrontierTagInvalid(bytes1 tag, uint256 depth);

    /// @notice Thrown when an inner node without hash is shown: what is absent has its own tag.
    error FrontierInnerAbsent(uint256 depth);

    /// @notice Thrown when a branch has fewer than two entries below it.
    error FrontierBranchNotNeeded(uint256 depth);

    /// @notice Thrown when a frontier stands above the path but is a branch.
    error FrontierStandsAbove(uint256 depth, uint256 pathBits);

    /// @dev A place in an encoding.
    struct Cursor {
        bytes data;
        uint256 offset;
        bool isSplit;
        bool hasLeaves;
    }

    /// @dev Requires that `frontier` is what stands under `root` below the first `pathBits` bits of `path`. With fewer siblings than that it
    /// is what the way ends at: one entry, or nothing.
    /// Reverts with the errors above, and those of `SumTree.climb`, `OtherStandsElsewhere`, `DeepestSiblingAbsent`, `RootDiffers`.
    /// @return total The sum of the tree.
    function requireRevealed(
        bytes32 root,
        bytes32 path,
        uint256 pathBits,
        bytes memory siblings,
        bytes memory frontier,
        Tree tree
    ) internal pure returns (uint128 total) {
        uint256 depth = SumTree.depthOf(siblings);
        require(pathBits <= PATH_BITS_MAX && depth <= pathBits, PathTooDeep(depth > pathBits ? depth : pathBits));
        bool isBranch = frontier.length > 0 && frontier[0] == BRANCH;
        require(depth == pathBits || !isBranch, FrontierStandsAbove(depth, pathBits));
        if (!isBranch) SumTree.requireDeepestSibling(siblings);
        SumNode memory top = SumTree.climb(
            decode(path, depth, frontier, tree),
            path,
            siblings,
            tree == Tree.Statement
        );
        require(top.hash == root, SumTree.RootDiffers(root, top.hash));
        return top.sum;
    }

    /// @dev The node that stands at depth `pathBits`, at most `PATH_BITS_MAX`, on the way to `path`.
    function decode(
        bytes32 path,
        uint256 pathBits,
        bytes memory frontier,
        Tree tree
    ) private pure returns (SumNode memory node) {
        Cursor memory cursor = Cursor(frontier, 0, tree == Tree.Statement, tree == Tree.Leaves);
        (node, ) = read(cursor, path, pathBits, 0);
        require(cursor.offset == frontier.length, FrontierLengthInvalid(frontier.length));
    }

    /// @dev Reads the node at `level` below the path; `path` has its bits in all depths above it.
    /// @return node The node.
    /// @return isMany Whether more than one entry may be below it.
    function read(
        Cursor memory cursor,
        bytes32 path,
        uint256 pathBits,
        uint256 level
    ) private pure returns (SumNode memory node, bool isMany) {
        uint256 depth = pathBits + level;
        bytes1 tag = bytes1(take(cursor, 1));
        if (tag == ABSENT) return (node, false);
        if (tag == BRANCH && level < LEVELS) return (readBranch(cursor, path, pathBits, level), true);
        if (tag == ENTRY) return (readEntry(cursor, path, depth), false);
        require(tag == INNER && level == LEVELS && depth < SumTree.DEPTH_MAX, FrontierTagInvalid(tag, level));
        node.hash = take(cursor, 32);
        node.sum = uint128(bytes16(take(cursor, 16)));
        require(node.hash != 0, FrontierInnerAbsent(level));
        return (node, true);
    }

    function readBranch(
        Cursor memory cursor,
        bytes32 path,
        uint256 pathBits,
        uint256 level
    ) private pure returns (SumNode memory) {
        uint256 depth = pathBits + level;
        bytes32 bit = bytes32(uint256(1) << (SumTree.PLACE_BITS - 1 - depth));
        (SumNode memory left, bool hasManyLeft) = read(cursor, path & ~bit, pathBits, level + 1);
        (SumNode memory right, bool hasManyRight) = read(cursor, path | bit, pathBits, level + 1);
        bool isNeeded = hasManyLeft || hasManyRight || (left.hash != 0 && right.hash != 0);
        require(isNeeded, FrontierBranchNotNeeded(level));
        return SumTree.innerNode(left, right, depth, cursor.isSplit);
    }

    function readEntry(Cursor memory cursor, bytes32 path, uint256 depth) private pure returns (SumNode memory) {
        bytes32 place = take(cursor, 32);
        SumTree.requireSamePrefix(path, place, depth);
        if (!cursor.hasLeaves) return SumTree.entryNode(place, uint128(bytes16(take(cursor, 16))));
        Leaf memory leaf;
        leaf.available = uint128(bytes16(take(cursor, 16)));
        leaf.held = uint128(bytes16(take(cursor, 16)));
        leaf.lanesRoot = take(cursor, 32);
        leaf.holdsRoot = take(cursor, 32);
        leaf.receiptSequence = uint64(bytes8(take(cursor, 8)));
        return SumTree.leafNode(place, leaf);
    }

    /// @dev The next `count` bytes, at most 32, left-aligned. Reverts with `FrontierLengthInvalid`.
    function take(Cursor memory cursor, uint256 count) private pure returns (bytes32 word) {
        bytes memory data = cursor.data;
        uint256 offset = cursor.offset;
        require(offset + count <= data.length, FrontierLengthInvalid(data.length));
        cursor.offset = offset + count;
        // The bytes lie within the data; what is read past them the caller cuts off.
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), offset))
        }
    }
}
