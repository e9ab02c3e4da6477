// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDPCToken} from "../interfaces/IDPCToken.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISettlementDisputed} from "../interfaces/ISettlementDisputed.sol";
import {ISettlementExit} from "../interfaces/ISettlementExit.sol";
import {SettlementParameters} from "../types/SettlementParameters.sol";

/// @title Who may do what, and whether anything may still be done.
abstract contract SettlementBase is ISettlement {
    using SafeERC20 for IDPCToken;

    /// @inheritdoc ISettlement
    address public immutable token;

    /// @inheritdoc ISettlement
    address public immutable emission;

    /// @inheritdoc ISettlementDisputed
    address public immutable disputes;

    /// @inheritdoc ISettlement
    address public immutable poster;

    /// @inheritdoc ISettlement
    address public immutable guardian;

    /// @dev Other times are kept in seconds since this one, in seconds, which fit 32 bits for 136 years.
    uint64 internal immutable _deployedAt;

    // A deposit reads and writes what follows, which shares a storage slot.

    /// @inheritdoc ISettlementExit
    uint64 public exitStartedAt;

    /// @inheritdoc ISettlement
    bool public isDepositsStopped;

    /// @inheritdoc ISettlement
    uint64 public inboxCount;

    /// @dev Sum of all inbox items.
    uint64 internal _inboxTotalMicrocredits;

    constructor(SettlementParameters memory parameters) {
        require(
            parameters.token != address(0) &&
                parameters.emission != address(0) &&
                parameters.disputes != address(0) &&
                parameters.poster != address(0) &&
                parameters.guardian != address(0),
            AddressZero()
        );
        token = parameters.token;
        emission = parameters.emission;
        disputes = parameters.disputes;
        poster = parameters.poster;
        guardian = parameters.guardian;
        _deployedAt = uint64(block.timestamp);
    }

    modifier onlyPoster() {
        _requirePoster();
        _;
    }

    modifier onlyGuardian() {
        require(msg.sender == guardian, CallerNotGuardian(msg.sender));
        _;
    }

    modifier onlyDisputes() {
        _requireDisputes();
        _;
    }

    modifier beforeExit() {
        _requireBeforeExit();
        _;
    }

    /// @dev The last step of whatever pays somebody.
    function _send(address to, uint256 amountWei) internal {
        IDPCToken(token).safeTransfer(to, amountWei);
    }

    /// @dev Takes what the caller has approved.
    function _collect(uint256 amountWei) internal {
        IDPCToken(token).safeTransferFrom(msg.sender, address(this), amountWei);
    }

    function _burn(uint256 amountWei) internal {
        IDPCToken(token).burn(amountWei);
    }

    /// @dev This block's time as it is kept in storage.
    function _secondsSinceDeployment() internal view returns (uint32) {
        return SafeCast.toUint32(block.timestamp - _deployedAt);
    }

    // Modifiers are copied to where they stand, and the contract is near the size that is allowed (EIP-170): they call these.

    function _requirePoster() internal view {
        require(msg.sender == poster, CallerNotPoster(msg.sender));
    }

    function _requireDisputes() private view {
        require(msg.sender == disputes, CallerNotDisputes(msg.sender));
    }

    function _requireBeforeExit() private view {
        require(exitStartedAt == 0, ExitStarted());
    }
}
