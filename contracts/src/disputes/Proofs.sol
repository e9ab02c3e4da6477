// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {IDisputesAccounts} from "../interfaces/IDisputesAccounts.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {EpochReach} from "../types/Epoch.sol";
import {Acceptance, MILLISECONDS_PER_SECOND} from "../types/Messages.sol";
import {EntryProof} from "../types/SumTreeTypes.sol";
import {Statement} from "./Demand.sol";

/// @title What demands on accounts and on receipts check alike.
library Proofs {
    /// @dev What a statement's tree has under a key, in microcredits; both 0 without entry. Reverts with `IDisputes.TotalDiffers` when the
    /// tree has another sum than was stated.
    function entryIn(
        Statement memory statement,
        bytes32 key,
        EntryProof memory proof
    ) internal pure returns (uint64 credit, uint64 debit) {
        (, uint128 value, uint128 total) = SumTree.lookUp(statement.root, key, proof, true);
        requireTotal(statement.sum, total);
        return SumTree.splitSum(value);
    }

    /// @dev Reverts with `IDisputes.TotalDiffers`.
    function requireTotal(uint256 stated, uint256 shown) internal pure {
        require(stated == shown, IDisputes.TotalDiffers(stated, shown));
    }

    /// @dev Refuses with `IDisputes.StatementDiffers` a statement whose hash is not `known`, the account's first.
    function requireStated(uint64 epoch, bytes32 place, Statement memory statement, bytes32 known) internal pure {
        bool isKnown = known != 0 && known == keccak256(abi.encode(statement));
        require(isKnown, IDisputes.StatementDiffers(epoch, place, known));
    }

    /// @dev Refuses with `IDisputesAccounts.ItemOutsideEpoch` an inbox item that the epoch does not cover, or its parent does.
    function requireCovered(ISettlement settlement, uint64 epoch, uint64 index) internal view {
        EpochReach memory asked = settlement.reachOf(epoch);
        bool isCovered = index < asked.inboxCut && index >= settlement.reachOf(asked.parent).inboxCut;
        require(isCovered, IDisputesAccounts.ItemOutsideEpoch(epoch, index));
    }

    /// @dev Refuses with `IDisputesAccounts.PositionOutsideEpoch` what was accepted at a position that the epoch does not reach, or that its
    /// parent does and in a second that is not after the parent's `closedAt`: a parent may claim a position that the journal has yet to reach.
    function requireInEpoch(ISettlement settlement, uint64 epoch, Acceptance memory accepted) internal view {
        EpochReach memory asked = settlement.reachOf(epoch);
        EpochReach memory parent = settlement.reachOf(asked.parent);
        uint64 position = accepted.position;
        bool isLater = accepted.atMs / MILLISECONDS_PER_SECOND > parent.closedAt;
        bool isNew = position > parent.journalPosition || isLater;
        require(isNew && position <= asked.journalPosition, IDisputesAccounts.PositionOutsideEpoch(epoch, position));
    }
}
