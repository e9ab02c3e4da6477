// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDisputes} from "../../src/interfaces/IDisputes.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {EpochStatus} from "../../src/types/Epoch.sol";

/// @title Everything that a spec compares after a step, read in one call.
contract TwinFacts {
    struct EpochFacts {
        EpochStatus status;
        uint64 finalAt;
        uint32 openDemands;
    }

    struct Facts {
        uint64 readAt;
        uint64 head;
        uint64 lastEpoch;
        uint64 finalEpoch;
        uint64 finalisedAt;
        uint64 inboxCount;
        uint64 inboxTotalMicrocredits;
        bool isExit;
        uint256 bondWei;
        uint256 freeBondWei;
        uint256 heldWei;
        /// @dev What each party has in its wallet.
        uint256[] balancesWei;
        /// @dev What each party has in its purse.
        uint256[] pursesWei;
        EpochFacts[] epochs;
    }

    function read(
        IDisputes disputes,
        address[] calldata parties,
        uint64[] calldata epochs
    ) external view returns (Facts memory facts) {
        ISettlement settlement = disputes.settlement();
        IERC20 token = disputes.token();
        facts.readAt = uint64(block.timestamp);
        facts.head = settlement.headEpoch();
        facts.lastEpoch = settlement.lastEpoch();
        facts.finalEpoch = settlement.finalEpoch();
        facts.finalisedAt = settlement.finalisedAt();
        facts.inboxCount = settlement.inboxCount();
        facts.inboxTotalMicrocredits = settlement.inboxTotal(facts.inboxCount);
        facts.isExit = settlement.exitStartedAt() != 0;
        facts.bondWei = settlement.bondWei();
        facts.freeBondWei = settlement.freeBondWei();
        facts.heldWei = token.balanceOf(address(settlement));
        facts.balancesWei = new uint256[](parties.length);
        facts.pursesWei = new uint256[](parties.length);
        for (uint256 i = 0; i < parties.length; ++i) {
            facts.balancesWei[i] = token.balanceOf(parties[i]);
            facts.pursesWei[i] = disputes.purseWei(parties[i]);
        }
        facts.epochs = new EpochFacts[](epochs.length);
        for (uint256 i = 0; i < epochs.length; ++i) {
            facts.epochs[i] = EpochFacts(
                settlement.epochStatus(epochs[i]),
                settlement.epoch(epochs[i]).finalAt,
                settlement.epoch(epochs[i]).openDemands
            );
        }
    }
}
