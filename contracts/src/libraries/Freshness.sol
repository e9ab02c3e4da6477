// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Case, LaneProofs} from "../types/DebitEvidence.sol";
import {ProofOfCompute} from "./ProofOfCompute.sol";
import {SumTree} from "./SumTree.sol";

/// @title Whether a message counts once.
/// @dev Lanes ascend over the epochs, so that a nonce between a lane's opening and its closing one is of this epoch alone; within the epoch a
/// key has one entry.
library Freshness {
    /// @notice Thrown when a message could not be taken any more as the epoch began, in seconds.
    error MessageExpired(uint64 deadline, uint64 parentClosedAt);

    /// @notice Thrown when a nonce is not above its lane's opening one.
    error NonceUsed(uint64 nonce, uint256 openingNonce);

    /// @notice Thrown when a nonce is above its lane's closing one, or the lane is not in the closing leaf.
    error NonceNotCounted(uint64 nonce, uint256 closingNonce);

    /// @dev Reverts with the errors above, and those of `SumTree.lookUp`. A lane that the opening leaf does not have takes every nonce.
    function requireFresh(
        Case memory self,
        address signer,
        uint32 lane,
        uint64 nonce,
        uint64 deadline,
        LaneProofs memory lanes
    ) internal pure {
        require(deadline > self.parentClosedAt, MessageExpired(deadline, self.parentClosedAt));
        bytes32 key = ProofOfCompute.laneKey(signer, lane);
        (bool wasUsed, uint128 before, ) = SumTree.lookUp(self.opening.lanesRoot, key, lanes.opening, false);
        require(!wasUsed || nonce > before, NonceUsed(nonce, before));
        (bool isUsed, uint128 later, ) = SumTree.lookUp(self.closing.lanesRoot, key, lanes.closing, false);
        require(isUsed && nonce <= later, NonceNotCounted(nonce, later));
    }
}
