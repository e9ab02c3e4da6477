// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What the invariants use of Forge's cheat codes, which answer at this address.
Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

interface Vm {
    function warp(uint256 timestamp) external;
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 privateKey) external pure returns (address);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function pauseGasMetering() external;
    function getNonce(address account) external view returns (uint64);
}
