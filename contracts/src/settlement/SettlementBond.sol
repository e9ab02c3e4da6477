// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlementDisputed} from "../interfaces/ISettlementDisputed.sol";
import {WEI_PER_MICROCREDIT} from "../types/Amounts.sol";
import {SettlementParameters} from "../types/SettlementParameters.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @title What the poster loses when an epoch is shown to be wrong.
/// @dev What is locked follows from how many epochs wait to be finalised, so that no count has to be kept.
abstract contract SettlementBond is SettlementBase {
    /// @notice A seized bond goes to whoever showed the fault by one part in this many: enough for the trouble, and so little that a
    /// poster who accuses itself loses nearly all of it.
    uint256 public constant REWARD_DIVISOR = 10;

    /// @inheritdoc ISettlementDisputed
    uint256 public immutable epochBondWei;

    /// @inheritdoc ISettlementDisputed
    uint64 public immutable compensationMaxMicrocredits;

    /// @inheritdoc ISettlementDisputed
    uint256 public bondWei;

    constructor(SettlementParameters memory parameters) {
        require(parameters.epochBondWei > 0, AmountZero());
        epochBondWei = parameters.epochBondWei;
        compensationMaxMicrocredits = parameters.compensationMaxMicrocredits;
    }

    /// @inheritdoc ISettlementDisputed
    function addBond(uint256 amountWei) external {
        require(amountWei > 0, AmountZero());
        bondWei += amountWei;
        emit BondAdded(msg.sender, amountWei);
        _collect(amountWei);
    }

    /// @inheritdoc ISettlementDisputed
    function withdrawBond(uint256 amountWei) external onlyPoster {
        require(amountWei > 0, AmountZero());
        _requireFreeBond(amountWei);
        bondWei -= amountWei;
        emit BondWithdrawn(amountWei);
        _send(poster, amountWei);
    }

    /// @inheritdoc ISettlementDisputed
    function compensate(
        address to,
        uint64 amountMicrocredits
    ) external onlyDisputes returns (uint64 paidMicrocredits) {
        paidMicrocredits = amountMicrocredits < compensationMaxMicrocredits
            ? amountMicrocredits
            : compensationMaxMicrocredits;
        uint256 paidWei = paidMicrocredits * WEI_PER_MICROCREDIT;
        // What epochs lock is for whoever shows them wrong: a poster could be owed it by orders of its own before it is seized.
        _requireFreeBond(paidWei);
        bondWei -= paidWei;
        emit Compensated(to, paidMicrocredits);
        _send(to, paidWei);
    }

    /// @inheritdoc ISettlementDisputed
    function freeBondWei() public view returns (uint256) {
        // What epochs lock is always there: it was free as they were opened, and only what is free is paid.
        return bondWei - _bondedEpochs() * epochBondWei;
    }

    /// @dev How many epochs lock a bond each: those that are open, pending, or final and not finalised.
    function _bondedEpochs() internal view virtual returns (uint256);

    function _requireFreeBond(uint256 neededWei) internal view {
        uint256 freeWei = freeBondWei();
        require(freeWei >= neededWei, BondTooSmall(freeWei, neededWei));
    }

    /// @dev Takes what a cancelled epoch had locked.
    function _seizeBond(uint64 epoch, address rewarded) internal {
        uint256 rewardWei = epochBondWei / REWARD_DIVISOR;
        uint256 burntWei = epochBondWei - rewardWei;
        bondWei -= epochBondWei;
        emit BondSeized(epoch, rewarded, rewardWei, burntWei);
        _send(rewarded, rewardWei);
        _burn(burntWei);
    }
}
