// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that anybody can mint, which misbehaves as a spec tells it.
contract HostileToken is ERC20("Hostile", "H") {
    enum Manner {
        Plain,
        ReturnsFalse,
        ReturnsNothing,
        Reverts,
        /// @dev A tenth of what moves is lost on the way.
        TakesFee,
        /// @dev Nothing moves, and it says that all went well.
        Lies
    }

    /// @notice Thrown by a token that reverts.
    error Unwilling();

    /// @notice What it does when it moves tokens.
    Manner public manner;

    address private _target;
    bytes private _call;

    /// @notice Whether the call back has been made, and what it answered.
    bool public isCalledBack;
    bool public isCallBackAccepted;
    bytes public callBackAnswer;

    function behave(Manner manner_) external {
        manner = manner_;
    }

    /// @notice Makes the next movement of tokens call `target` before it moves anything.
    function callBack(address target, bytes calldata call) external {
        (_target, _call, isCalledBack) = (target, call, false);
    }

    /// @notice Calls as the token, which can so have a purse, a stake or a bond.
    function callAs(address target, bytes calldata call) external {
        (bool isAccepted, bytes memory answer) = target.call(call);
        if (isAccepted) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    function mint(address to, uint256 amountWei) external {
        _mint(to, amountWei);
    }

    function burn(uint256 amountWei) external {
        _reenter();
        _burn(msg.sender, amountWei);
    }

    function transfer(address to, uint256 amountWei) public override returns (bool) {
        return _moveAs(msg.sender, to, amountWei);
    }

    function transferFrom(address from, address to, uint256 amountWei) public override returns (bool) {
        return _moveAs(from, to, amountWei);
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        _reenter();
        require(manner != Manner.Reverts, Unwilling());
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 amountWei,
        uint256,
        uint256,
        bytes32,
        uint8,
        bytes32,
        bytes32
    ) external {
        _moveAs(from, to, amountWei);
    }

    function _moveAs(address from, address to, uint256 amountWei) private returns (bool) {
        _reenter();
        require(manner != Manner.Reverts, Unwilling());
        if (manner == Manner.ReturnsFalse) return false;
        if (manner == Manner.Lies) return true;
        uint256 feeWei = manner == Manner.TakesFee ? amountWei / 10 : 0;
        _transfer(from, to, amountWei - feeWei);
        if (feeWei > 0) _burn(from, feeWei);
        if (manner == Manner.ReturnsNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }

    function _reenter() private {
        if (_target == address(0)) return;
        address target = _target;
        _target = address(0);
        isCalledBack = true;
        (isCallBackAccepted, callBackAnswer) = target.call(_call);
    }
}
