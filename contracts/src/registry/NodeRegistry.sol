// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ProofOfCompute} from "../libraries/ProofOfCompute.sol";
import {UsageReceipt} from "../types/Messages.sol";

/// @title NodeRegistry
contract NodeRegistry is INodeRegistry, EIP712 {
    using ProofOfCompute for UsageReceipt;
    using SafeERC20 for IDPCToken;

    /// @notice The longest unbonding period, in seconds.
    uint64 public constant UNBOND_SECONDS_MAX = 365 days;

    /// @notice A slashed stake goes to the caller by one part in this many: enough for the trouble, and so little that a node that
    /// slashes itself loses nearly all of it.
    uint256 public constant REWARD_DIVISOR = 10;

    bytes32 private constant REGISTRATION_TYPE =
        keccak256("NodeRegistration(address node,address payoutWallet,uint64 deadline)");

    /// @inheritdoc INodeRegistry
    address public immutable token;

    /// @inheritdoc INodeRegistry
    address public immutable settlement;

    /// @inheritdoc INodeRegistry
    uint64 public immutable unbondSeconds;

    mapping(address node => Node) private _nodes;

    constructor(address token_, address settlement_, uint64 unbondSeconds_) EIP712("DEparrow", "1") {
        require(token_ != address(0) && settlement_ != address(0), RegistryAddressZero());
        require(unbondSeconds_ > 0 && unbondSeconds_ <= UNBOND_SECONDS_MAX, UnbondSecondsInvalid(unbondSeconds_));
        token = token_;
        settlement = settlement_;
        unbondSeconds = unbondSeconds_;
    }

    modifier onlyPayoutWallet(address node) {
        require(_known(node).payoutWallet == msg.sender, CallerNotPayoutWallet(node, msg.sender));
        _;
    }

    /// @inheritdoc INodeRegistry
    function registerNode(address payoutWallet, uint256 stakeWei) external {
        _register(msg.sender, payoutWallet, stakeWei);
    }

    /// @inheritdoc INodeRegistry
    function registerNodeBySignature(
        address node,
        address payoutWallet,
        uint256 stakeWei,
        uint64 deadline,
        bytes calldata signature
    ) external {
        require(block.timestamp <= deadline, RegistrationExpired(deadline));
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(REGISTRATION_TYPE, node, payoutWallet, deadline)));
        ProofOfCompute.requireSigned(digest, signature, node);
        _register(node, payoutWallet, stakeWei);
    }

    /// @inheritdoc INodeRegistry
    function changePayoutWallet(address node, address payoutWallet) external onlyPayoutWallet(node) {
        require(payoutWallet != address(0), RegistryAddressZero());
        _nodes[node].payoutWallet = payoutWallet;
        emit PayoutWalletChanged(node, payoutWallet);
    }

    /// @inheritdoc INodeRegistry
    function addStake(address node, uint256 amountWei) external {
        require(!_known(node).isSlashed, NodeIsSlashed(node));
        require(amountWei > 0, StakeZero());
        _stake(node, amountWei);
    }

    /// @inheritdoc INodeRegistry
    function unbond(address node, uint256 amountWei) external onlyPayoutWallet(node) {
        Node storage known = _nodes[node];
        require(amountWei > 0, StakeZero());
        require(amountWei <= known.stakeWei, StakeTooSmall(node, known.stakeWei, amountWei));
        // The casts fit: the amount is at most a stake, and all DPC together are below 2^128 wei.
        known.stakeWei -= uint128(amountWei);
        known.unbondingWei += uint128(amountWei);
        known.withdrawableAt = uint64(block.timestamp) + unbondSeconds;
        emit StakeUnbonding(node, amountWei, known.withdrawableAt);
    }

    /// @inheritdoc INodeRegistry
    function withdraw(address node) external {
        Node storage known = _known(node);
        uint256 amountWei = known.unbondingWei;
        require(amountWei > 0, NothingUnbonding(node));
        require(block.timestamp >= known.withdrawableAt, UnbondingUntil(node, known.withdrawableAt));
        known.unbondingWei = 0;
        emit StakeWithdrawn(node, known.payoutWallet, amountWei);
        IDPCToken(token).safeTransfer(known.payoutWallet, amountWei);
    }

    /// @inheritdoc INodeRegistry
    function slash(
        UsageReceipt calldata receiptA,
        bytes calldata signatureA,
        UsageReceipt calldata receiptB,
        bytes calldata signatureB
    ) external {
        address node = receiptA.node;
        bytes32 digestA = _digestOf(receiptA);
        bytes32 digestB = _digestOf(receiptB);
        require(
            receiptB.node == node && receiptB.sequence == receiptA.sequence && digestA != digestB,
            ReceiptsCompatible()
        );
        Node storage known = _known(node);
        require(!known.isSlashed, NodeIsSlashed(node));
        ProofOfCompute.requireSigned(digestA, signatureA, node);
        ProofOfCompute.requireSigned(digestB, signatureB, node);

        uint256 slashedWei = uint256(known.stakeWei) + known.unbondingWei;
        uint256 rewardWei = slashedWei / REWARD_DIVISOR;
        known.isSlashed = true;
        known.stakeWei = 0;
        known.unbondingWei = 0;
        emit NodeSlashed(node, msg.sender, digestA, digestB, rewardWei, slashedWei - rewardWei);
        IDPCToken(token).safeTransfer(msg.sender, rewardWei);
        IDPCToken(token).burn(slashedWei - rewardWei);
    }

    /// @inheritdoc INodeRegistry
    function nodeOf(address node) external view returns (Node memory) {
        return _nodes[node];
    }

    function _register(address node, address payoutWallet, uint256 stakeWei) private {
        require(payoutWallet != address(0), RegistryAddressZero());
        require(_nodes[node].payoutWallet == address(0), NodeKnown(node));
        _nodes[node].payoutWallet = payoutWallet;
        emit NodeRegistered(node, payoutWallet);
        if (stakeWei > 0) _stake(node, stakeWei);
    }

    function _stake(address node, uint256 amountWei) private {
        _nodes[node].stakeWei += SafeCast.toUint128(amountWei);
        emit StakeAdded(node, msg.sender, amountWei);
        IDPCToken(token).safeTransferFrom(msg.sender, address(this), amountWei);
    }

    function _known(address node) private view returns (Node storage known) {
        known = _nodes[node];
        require(known.payoutWallet != address(0), NodeUnknown(node));
    }

    function _digestOf(UsageReceipt calldata receipt) private view returns (bytes32) {
        return ProofOfCompute.digestOf(ProofOfCompute.domainSeparator(block.chainid, settlement), receipt.structHash());
    }
}
