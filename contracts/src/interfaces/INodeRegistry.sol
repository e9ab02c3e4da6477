// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UsageReceipt} from "../types/Messages.sol";

/// @title What stands behind a node's receipts.
/// @notice A node, known by the key that signs its receipts, has a payout wallet and a stake in DPC. The stake is lost when the node
/// signed two different receipts with one sequence, and by nothing else. Amounts are in wei, times in seconds.
interface INodeRegistry {
    /// @dev A registered node.
    struct Node {
        /// @dev Owns the stake; zero for an address that is no node.
        address payoutWallet;
        /// @dev Block time from which what unbonds can be withdrawn, in seconds.
        uint64 withdrawableAt;
        /// @dev Whether it was slashed; it stays so for ever.
        bool isSlashed;
        uint128 stakeWei;
        /// @dev No longer stake, not yet withdrawn, still slashed.
        uint128 unbondingWei;
    }

    /// @notice Emitted when a node is registered.
    event NodeRegistered(address indexed node, address indexed payoutWallet);

    /// @notice Emitted when a node's payout wallet changes.
    event PayoutWalletChanged(address indexed node, address indexed payoutWallet);

    /// @notice Emitted when a stake grows.
    event StakeAdded(address indexed node, address indexed from, uint256 amountWei);

    /// @notice Emitted when a part of a stake begins to unbond.
    event StakeUnbonding(address indexed node, uint256 amountWei, uint64 withdrawableAt);

    /// @notice Emitted when what has unbonded is paid out.
    event StakeWithdrawn(address indexed node, address indexed payoutWallet, uint256 amountWei);

    /// @notice Emitted when a node is slashed.
    /// @param digestA EIP-712 digest of one receipt.
    /// @param digestB EIP-712 digest of the other.
    event NodeSlashed(
        address indexed node,
        address indexed caller,
        bytes32 digestA,
        bytes32 digestB,
        uint256 rewardWei,
        uint256 burntWei
    );

    /// @notice Thrown when a constructor argument or a payout wallet is the zero address.
    error RegistryAddressZero();

    /// @notice Thrown when the unbonding period is 0 or longer than a year.
    error UnbondSecondsInvalid(uint64 unbondSeconds);

    /// @notice Thrown when a node is registered twice.
    error NodeKnown(address node);

    /// @notice Thrown when a node is not registered.
    error NodeUnknown(address node);

    /// @notice Thrown when a registration comes after its deadline.
    error RegistrationExpired(uint64 deadline);

    /// @notice Thrown when somebody else than the payout wallet disposes of a node.
    error CallerNotPayoutWallet(address node, address caller);

    /// @notice Thrown when an amount is zero.
    error StakeZero();

    /// @notice Thrown when more is to unbond than is staked.
    error StakeTooSmall(address node, uint256 stakeWei, uint256 askedWei);

    /// @notice Thrown when nothing unbonds.
    error NothingUnbonding(address node);

    /// @notice Thrown when what unbonds is not yet to be withdrawn.
    error UnbondingUntil(address node, uint64 withdrawableAt);

    /// @notice Thrown when a slashed node is to be staked or slashed again.
    error NodeIsSlashed(address node);

    /// @notice Thrown when two receipts are no evidence: they are the same, or of two nodes or two sequences.
    error ReceiptsCompatible();

    /// @notice Registers the caller as a node and stakes `stakeWei` that it has approved, which may be nothing.
    /// @dev Reverts with `RegistryAddressZero`, `NodeKnown`.
    function registerNode(address payoutWallet, uint256 stakeWei) external;

    /// @notice Registers a node by its EIP-712 signature of `NodeRegistration(address node,address payoutWallet,uint64 deadline)` (domain
    /// "DEparrow", "1", this contract); the stake comes from the caller. Anybody may call it.
    /// @param deadline The last second in which it counts.
    /// @dev Reverts with `RegistrationExpired`, `RegistryAddressZero`, `NodeKnown`, `SignatureInvalid`, `SignerDiffers`.
    function registerNodeBySignature(
        address node,
        address payoutWallet,
        uint256 stakeWei,
        uint64 deadline,
        bytes calldata signature
    ) external;

    /// @notice Names another payout wallet, to which all that is staked belongs from then on. Only the payout wallet.
    /// @dev Reverts with `NodeUnknown`, `CallerNotPayoutWallet`, `RegistryAddressZero`.
    function changePayoutWallet(address node, address payoutWallet) external;

    /// @notice Adds to a node's stake what the caller has approved. Anybody may.
    /// @dev Reverts with `NodeUnknown`, `NodeIsSlashed`, `StakeZero`.
    function addStake(address node, uint256 amountWei) external;

    /// @notice Begins to take a part of the stake out; everything that unbonds waits from now. Only the payout wallet.
    /// @dev Reverts with `NodeUnknown`, `CallerNotPayoutWallet`, `StakeZero`, `StakeTooSmall`.
    function unbond(address node, uint256 amountWei) external;

    /// @notice Pays what has unbonded to the payout wallet. Anybody may call it.
    /// @dev Reverts with `NodeUnknown`, `NothingUnbonding`, `UnbondingUntil`.
    function withdraw(address node) external;

    /// @notice Takes stake and what unbonds of a node that signed two receipts with one sequence: a tenth for the caller, the rest is
    /// burnt. Anybody may call it.
    /// @dev Reverts with `ReceiptsCompatible`, `NodeUnknown`, `NodeIsSlashed`, `SignatureInvalid`, `SignerDiffers`.
    function slash(
        UsageReceipt calldata receiptA,
        bytes calldata signatureA,
        UsageReceipt calldata receiptB,
        bytes calldata signatureB
    ) external;

    /// @notice The DPC token.
    function token() external view returns (address);

    /// @notice The settlement contract, whose address is in the domain of receipts.
    function settlement() external view returns (address);

    /// @notice How long what unbonds has to wait, in seconds.
    function unbondSeconds() external view returns (uint64);

    /// @notice A node; all zero when it is not registered.
    function nodeOf(address node) external view returns (Node memory);
}
