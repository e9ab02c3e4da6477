// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PayoutRow} from "../../src/types/PayoutRow.sol";

/// @title Writes payout rows and proves where they stand; it shares no code with the contract.
library RowTree {
    function row(uint32 payeeId, uint64 increment, uint64 cumulative, uint32 previousEpoch) internal pure returns (PayoutRow) {
        return PayoutRow.wrap(bytes24(abi.encodePacked(payeeId, increment, cumulative, previousEpoch)));
    }

    /// @dev `count` rows from `from` on, as they stand in calldata.
    function encode(PayoutRow[] memory rows, uint256 from, uint256 count) internal pure returns (bytes memory encoded) {
        for (uint256 i = from; i < from + count; ++i) encoded = abi.encodePacked(encoded, rows[i]);
    }

    /// @dev Sibling hashes of the row at `index` from the leaf up.
    function proof(PayoutRow[] memory rows, uint256 index) internal pure returns (bytes32[] memory siblings) {
        bytes32[] memory level = new bytes32[](rows.length);
        for (uint256 i = 0; i < rows.length; ++i) level[i] = keccak256(abi.encodePacked(rows[i]));
        while (level.length > 1) {
            uint256 beside = index ^ 1;
            if (beside < level.length) siblings = append(siblings, level[beside]);
            level = above(level);
            index /= 2;
        }
    }

    function above(bytes32[] memory level) private pure returns (bytes32[] memory parents) {
        parents = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            bool hasRight = 2 * i + 1 < level.length;
            parents[i] = hasRight ? keccak256(abi.encodePacked(level[2 * i], level[2 * i + 1])) : level[2 * i];
        }
    }

    function append(bytes32[] memory list, bytes32 item) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = item;
    }
}
