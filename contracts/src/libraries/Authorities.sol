// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Authority, Case} from "../types/DebitEvidence.sol";
import {SpendPermission} from "../types/Messages.sol";
import {ProofOfCompute} from "./ProofOfCompute.sol";

/// @title Whether a message was signed for a wallet: by itself, or by a delegate under its permission.
/// @dev The rules are the ledger's. Caps of an hour and a day are not looked at: the journal shows them.
library Authorities {
    /// @notice Thrown when a permission was given by another wallet.
    error PermissionOfOther(address wallet, address actual);

    /// @notice Thrown when an amount is above what a permission allows at once, in microcredits.
    error PermissionExceeded(uint64 amountMicrocredits, uint64 maxMicrocredits);

    /// @notice Thrown when a permission names whom it may pay, and not this account.
    error CounterpartyNotAllowed(address counterparty);

    /// @notice Thrown when a permission names engines, and not this one.
    error EngineNotAllowed(bytes32 engine);

    /// @notice Thrown when a permission had expired before the epoch began, in seconds.
    error PermissionExpired(uint64 expires, uint64 parentClosedAt);

    /// @notice Thrown when a permission was revoked by an inbox item that the epoch's parent covers.
    error PermissionRevoked(uint64 nonce, uint64 inboxIndex);

    /// @dev Who signed the message for `wallet`. Of a delegate's permission only that it is the wallet's and names the delegate is looked at.
    /// Reverts with `PermissionOfOther`, `ProofOfCompute.SignatureInvalid`, `ProofOfCompute.SignerDiffers`.
    /// @return signer The wallet or the delegate.
    /// @return isDelegated Whether it is a delegate, so that what the permission allows has to be looked at.
    function signerFor(
        bytes32 domain,
        address wallet,
        bytes32 digest,
        Authority memory authority
    ) internal pure returns (address signer, bool isDelegated) {
        isDelegated = authority.permissionSignature.length > 0;
        signer = isDelegated ? authority.permission.delegate : wallet;
        ProofOfCompute.requireSigned(digest, authority.signature, signer);
        if (isDelegated) requirePermitted(domain, wallet, authority);
    }

    /// @dev Reverts with `PermissionExceeded`.
    function requireAmountAllowed(SpendPermission memory permission, uint64 amountMicrocredits) internal pure {
        uint64 most = permission.jobMicrocreditsMax;
        require(amountMicrocredits <= most, PermissionExceeded(amountMicrocredits, most));
    }

    /// @dev Reverts with `CounterpartyNotAllowed`. A permission that names nobody allows everybody.
    function requireCounterpartyAllowed(SpendPermission memory permission, address counterparty) internal pure {
        address[] memory allowed = permission.counterparties;
        bool isAllowed = allowed.length == 0;
        for (uint256 i = 0; i < allowed.length && !isAllowed; ++i) isAllowed = allowed[i] == counterparty;
        require(isAllowed, CounterpartyNotAllowed(counterparty));
    }

    /// @dev Reverts with `EngineNotAllowed`. A permission that names no engine allows every one.
    function requireEngineAllowed(SpendPermission memory permission, bytes32 engine) internal pure {
        bytes32[] memory allowed = permission.engines;
        bool isAllowed = allowed.length == 0;
        for (uint256 i = 0; i < allowed.length && !isAllowed; ++i) isAllowed = allowed[i] == engine;
        require(isAllowed, EngineNotAllowed(engine));
    }

    /// @dev Reverts with `PermissionExpired`, `PermissionRevoked` when a permission was worth nothing as the epoch began.
    function requireStanding(Case memory self, SpendPermission memory permission) internal view {
        uint64 expires = permission.expires;
        require(expires > self.parentClosedAt, PermissionExpired(expires, self.parentClosedAt));
        (bool isRevoked, uint64 nonce, uint64 index) = self.settlement.revocationOf(
            permission.wallet,
            permission.delegate,
            self.parentInboxCut
        );
        require(!isRevoked || permission.nonce > nonce, PermissionRevoked(nonce, index));
    }

    function requirePermitted(bytes32 domain, address wallet, Authority memory authority) private pure {
        address giver = authority.permission.wallet;
        require(giver == wallet, PermissionOfOther(wallet, giver));
        bytes32 digest = ProofOfCompute.digestOf(domain, ProofOfCompute.structHash(authority.permission));
        ProofOfCompute.requireSigned(digest, authority.permissionSignature, wallet);
    }
}
