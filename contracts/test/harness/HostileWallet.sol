// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A wallet with code, which answers ERC-1271 as a spec tells it, and takes nothing that it is sent.
contract HostileWallet {
    enum Manner {
        /// @dev Every signature is its own.
        Agrees,
        Reverts,
        BurnsGas
    }

    /// @notice Thrown by a wallet that reverts.
    error Unwilling();

    /// @notice How it answers.
    Manner public manner;

    function behave(Manner manner_) external {
        manner = manner_;
    }

    /// @notice Calls as the wallet.
    function callAs(address target, bytes calldata call) external {
        (bool isAccepted, bytes memory answer) = target.call(call);
        if (isAccepted) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        require(manner != Manner.Reverts, Unwilling());
        if (manner == Manner.BurnsGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        return this.isValidSignature.selector;
    }

    receive() external payable {
        revert Unwilling();
    }
}
