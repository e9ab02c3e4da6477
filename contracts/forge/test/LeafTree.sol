// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaf, SumNode} from "../../src/types/SumTreeTypes.sol";

/// @dev A leaf and where it stands.
struct PlacedLeaf {
    bytes32 place;
    Leaf leaf;
}

/// @title Builds the tree of leaves that an epoch states, as `docs/settlement.md` has it; it shares no code with the contract.
library LeafTree {
    /// @dev Root and total; zero and zero without leaves.
    function topOf(PlacedLeaf[] memory leaves) internal pure returns (SumNode memory) {
        return nodeAt(leaves, 0);
    }

    /// @dev What stands beside the way to the leaf at `place`, from the root down. The leaf has to be there.
    function siblingsOf(PlacedLeaf[] memory leaves, bytes32 place) internal pure returns (bytes memory siblings) {
        for (uint256 depth = 0; leaves.length > 1; ++depth) {
            (PlacedLeaf[] memory left, PlacedLeaf[] memory right) = split(leaves, depth);
            bool isRight = isRightAt(place, depth);
            SumNode memory sibling = nodeAt(isRight ? left : right, depth + 1);
            siblings = abi.encodePacked(siblings, sibling.hash, sibling.sum);
            leaves = isRight ? right : left;
        }
    }

    function nodeAt(PlacedLeaf[] memory leaves, uint256 depth) private pure returns (SumNode memory) {
        if (leaves.length == 0) return SumNode(0, 0);
        if (leaves.length == 1) return nodeOf(leaves[0]);
        (PlacedLeaf[] memory leftLeaves, PlacedLeaf[] memory rightLeaves) = split(leaves, depth);
        SumNode memory left = nodeAt(leftLeaves, depth + 1);
        SumNode memory right = nodeAt(rightLeaves, depth + 1);
        bytes32 hash = keccak256(abi.encodePacked(uint8(1), left.hash, left.sum, right.hash, right.sum));
        return SumNode(hash, left.sum + right.sum);
    }

    function nodeOf(PlacedLeaf memory placed) private pure returns (SumNode memory) {
        Leaf memory leaf = placed.leaf;
        bytes memory amounts = abi.encodePacked(placed.place, leaf.available, leaf.held);
        bytes memory rest = abi.encodePacked(leaf.lanesRoot, leaf.holdsRoot, leaf.receiptSequence);
        return SumNode(keccak256(abi.encodePacked(uint8(0), amounts, rest)), leaf.available + leaf.held);
    }

    function split(
        PlacedLeaf[] memory leaves,
        uint256 depth
    ) private pure returns (PlacedLeaf[] memory left, PlacedLeaf[] memory right) {
        uint256 rightCount = 0;
        for (uint256 i = 0; i < leaves.length; ++i) if (isRightAt(leaves[i].place, depth)) ++rightCount;
        left = new PlacedLeaf[](leaves.length - rightCount);
        right = new PlacedLeaf[](rightCount);
        uint256 leftIndex = 0;
        uint256 rightIndex = 0;
        for (uint256 i = 0; i < leaves.length; ++i) {
            if (isRightAt(leaves[i].place, depth)) right[rightIndex++] = leaves[i];
            else left[leftIndex++] = leaves[i];
        }
    }

    function isRightAt(bytes32 place, uint256 depth) private pure returns (bool) {
        return uint8(place[depth / 8]) & (0x80 >> (depth % 8)) != 0;
    }
}
