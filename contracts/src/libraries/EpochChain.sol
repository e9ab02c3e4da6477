// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The line of epochs that count.
/// @dev Each complete epoch has a height; the line holds one epoch a height up to the head. Cutting the line at an epoch
/// cancels it and everything above it in one write, however many there are.
library EpochChain {
    struct State {
        /// @dev The epoch at each height; entries above the head's height are stale. Height 0 is the root, epoch 0.
        mapping(uint64 height => uint64 epoch) epochAt;
        /// @dev Height of the head.
        uint64 headHeight;
    }

    /// @dev The epoch that the next one builds on.
    function head(State storage self) internal view returns (uint64) {
        return self.epochAt[self.headHeight];
    }

    /// @dev Whether `epoch`, complete at `height`, is on the line.
    function contains(State storage self, uint64 epoch, uint64 height) internal view returns (bool) {
        return height <= self.headHeight && self.epochAt[height] == epoch;
    }

    /// @dev Makes `epoch` the head. Its height is the head's plus one.
    function push(State storage self, uint64 epoch) internal {
        self.epochAt[++self.headHeight] = epoch;
    }

    /// @dev Takes the epoch at `height` (above 0) and all above it off the line.
    function cutAt(State storage self, uint64 height) internal {
        self.headHeight = height - 1;
    }
}
