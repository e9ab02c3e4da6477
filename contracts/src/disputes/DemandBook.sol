// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {EpochStatus} from "../types/Epoch.sol";
import {Demand, DemandKind, DemandState, Question} from "./Demand.sol";

/// @dev The constant of `Settlement` by which an epoch's bond is divided.
interface ISettlementReward {
    /// @notice A seized bond goes to the asker by one part in this many.
    function REWARD_DIVISOR() external view returns (uint256);
}

/// @title Demands from their opening to their end, and the bonds that lie behind them.
/// @dev The contract's own tokens are exactly the purses and one bond for each open demand, beside what somebody sent to it by mistake.
abstract contract DemandBook is IDisputes {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @inheritdoc IDisputes
    ISettlement public immutable settlement;

    /// @inheritdoc IDisputes
    IERC20 public immutable token;

    /// @inheritdoc IDisputes
    address public immutable poster;

    /// @inheritdoc IDisputes
    uint256 public immutable askerBondWei;

    /// @inheritdoc IDisputes
    uint64 public immutable windowSeconds;

    /// @inheritdoc IDisputes
    uint64 public immutable answerSeconds;

    /// @inheritdoc IDisputes
    uint64 public immutable roundsMax;

    /// @inheritdoc IDisputes
    address public immutable receipts;

    /// @inheritdoc IDisputes
    mapping(address owner => uint256) public purseWei;

    mapping(bytes32 id => Demand) private _demands;

    constructor(address settlement_, uint256 askerBondWei_, address receipts_) {
        settlement = ISettlement(settlement_);
        token = IERC20(settlement.token());
        poster = settlement.poster();
        windowSeconds = settlement.windowSeconds();
        answerSeconds = settlement.answerSeconds();
        roundsMax = settlement.roundsMax();
        uint256 rewardWei = settlement.epochBondWei() / ISettlementReward(settlement_).REWARD_DIVISOR();
        // Who asks K times in a row, knowing nothing beforehand, must not lose by being right.
        require(askerBondWei_ * roundsMax <= rewardWei, AskerBondTooLarge(askerBondWei_, rewardWei));
        askerBondWei = askerBondWei_;
        receipts = receipts_;
    }

    modifier onlyReceipts() {
        require(msg.sender == receipts, CallerNotReceipts(msg.sender));
        _;
    }

    /// @inheritdoc IDisputes
    function fund(uint256 amountWei) external {
        purseWei[msg.sender] += amountWei;
        emit PurseFunded(msg.sender, amountWei);
        token.safeTransferFrom(msg.sender, address(this), amountWei);
    }

    /// @inheritdoc IDisputes
    function withdraw(uint256 amountWei) external {
        _takeOutOfPurse(msg.sender, amountWei);
        emit PurseWithdrawn(msg.sender, amountWei);
        token.safeTransfer(msg.sender, amountWei);
    }

    /// @inheritdoc IDisputes
    function expire(bytes32 id) external {
        Demand storage demand = _demands[id];
        (address asker, uint64 epoch) = _requireOpen(id, demand);
        require(block.timestamp > demand.deadline, DemandStillAnswerable(id, demand.deadline));
        demand.state = DemandState.Expired;
        purseWei[asker] += askerBondWei;
        emit Expired(epoch, id, asker);
        // Closed only after the cancellation: an epoch whose last demand closes may be final at once.
        settlement.cancelDisputed(epoch, asker);
        settlement.closeDemand(epoch);
    }

    /// @inheritdoc IDisputes
    function refund(bytes32 id) external {
        Demand storage demand = _demands[id];
        (address asker, uint64 epoch) = _requireOpen(id, demand);
        EpochStatus status = settlement.epochStatus(epoch);
        require(status == EpochStatus.Cancelled, EpochNotCancelled(epoch, status));
        demand.state = DemandState.Refunded;
        purseWei[asker] += askerBondWei;
        emit Refunded(epoch, id, asker);
        settlement.closeDemand(epoch);
    }

    /// @inheritdoc IDisputes
    function rank(bytes32 id, bytes32 follows) external {
        Demand storage demand = _demands[id];
        bool isStanding = demand.state == DemandState.Open ||
            (demand.state == DemandState.Answered && block.timestamp < demand.deadline);
        require(isStanding, NotFollowable(id));
        uint64 epoch = demand.epoch;
        uint8 round = _roundAfter(epoch, follows);
        if (follows == 0) _requireWindow(epoch, settlement.epoch(epoch).completedAt);
        require(round < demand.round, RoundNotLower(id, round, demand.round));
        demand.round = round;
        emit Ranked(epoch, id, round);
    }

    /// @inheritdoc IDisputes
    function openFor(
        address asker,
        Question calldata question,
        bytes32 follows
    ) external onlyReceipts returns (bytes32 id) {
        return _openFor(asker, question, follows);
    }

    /// @inheritdoc IDisputes
    function answerFor(address answerer, Question calldata question, bool isAskerRight) external onlyReceipts {
        _answerFor(answerer, question, isAskerRight);
    }

    /// @inheritdoc IDisputes
    function payOutOfBond(address to, uint64 amountMicrocredits) external onlyReceipts {
        settlement.compensate(to, amountMicrocredits);
    }

    /// @inheritdoc IDisputes
    function appendReceipt(address node, bytes32 receiptDigest) external onlyReceipts returns (uint64 index) {
        return settlement.appendReceipt(node, receiptDigest);
    }

    /// @inheritdoc IDisputes
    function cancelFor(address rewarded, uint64 epoch) external onlyReceipts {
        settlement.cancelDisputed(epoch, rewarded);
    }

    /// @inheritdoc IDisputes
    function demandOf(bytes32 id) external view returns (Demand memory) {
        return _demands[id];
    }

    /// @inheritdoc IDisputes
    function idOf(Question memory question) public pure returns (bytes32) {
        return keccak256(abi.encode(question));
    }

    function _open(Question memory question, bytes32 follows) internal returns (bytes32 id) {
        return _openFor(msg.sender, question, follows);
    }

    /// @dev Ends a demand that a judge has just found answered.
    function _answer(Question memory question) internal {
        _answerFor(msg.sender, question, false);
    }

    /// @dev Takes the asker's bond and gives the poster A to answer.
    function _openFor(address asker, Question memory question, bytes32 follows) private returns (bytes32 id) {
        id = idOf(question);
        Demand storage demand = _demands[id];
        require(demand.state == DemandState.Unknown, DemandKnown(id, demand.state));
        uint8 round = _roundAfter(question.epoch, follows);
        uint40 deadline = (block.timestamp + answerSeconds).toUint40();
        _demands[id] = Demand({
            asker: asker,
            deadline: deadline,
            epoch: uint256(question.epoch).toUint40(),
            round: round,
            state: DemandState.Open
        });
        _takeOutOfPurse(asker, askerBondWei);
        emit Demanded(question.epoch, id, asker, question, round, deadline);
        uint64 completedAt = settlement.openDemand(question.epoch, deadline + answerSeconds);
        if (follows == 0) _requireWindow(question.epoch, completedAt);
    }

    /// @dev Ends a demand; its bond pays the poster for the answer, or returns to an asker that was right.
    function _answerFor(address answerer, Question memory question, bool isAskerRight) private {
        bytes32 id = idOf(question);
        Demand storage demand = _demands[id];
        (address asker, uint64 epoch) = _requireOpen(id, demand);
        require(block.timestamp <= demand.deadline, DemandLate(id, demand.deadline));
        EpochStatus status = settlement.epochStatus(epoch);
        require(status == EpochStatus.Pending, ISettlement.EpochNotPending(epoch, status));
        demand.state = DemandState.Answered;
        demand.deadline = (block.timestamp + answerSeconds).toUint40();
        purseWei[isAskerRight ? asker : poster] += askerBondWei;
        emit Answered(epoch, id, answerer);
        settlement.closeDemand(epoch);
    }

    function _takeOutOfPurse(address owner, uint256 amountWei) private {
        uint256 held = purseWei[owner];
        require(held >= amountWei, PurseTooSmall(amountWei, held));
        purseWei[owner] = held - amountWei;
    }

    function _requireOpen(bytes32 id, Demand storage demand) private view returns (address asker, uint64 epoch) {
        require(demand.state == DemandState.Open, DemandNotOpen(id, demand.state));
        return (demand.asker, demand.epoch);
    }

    /// @dev The first of a row of demands is free to come while the window runs.
    function _requireWindow(uint64 epoch, uint64 completedAt) private view {
        uint64 endsAt = completedAt + windowSeconds;
        require(block.timestamp < endsAt, WindowOver(epoch, endsAt));
    }

    /// @dev Any demand but the first of a row needs an answer that has just been given.
    function _roundAfter(uint64 epoch, bytes32 follows) private view returns (uint8 round) {
        if (follows == 0) return 1;
        Demand storage followed = _demands[follows];
        bool isFollowable = followed.state == DemandState.Answered &&
            followed.epoch == epoch &&
            block.timestamp < followed.deadline;
        require(isFollowable, NotFollowable(follows));
        require(followed.round < roundsMax, RoundsTooMany(roundsMax));
        return followed.round + 1;
    }
}
