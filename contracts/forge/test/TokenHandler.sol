// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DPCToken} from "../../src/token/DPCToken.sol";
import {Emission} from "../../src/token/Emission.sol";
import {Random} from "./Random.sol";
import {vm} from "./Vm.sol";

/// @title Uses token and emission as the world does, and plays the settlement contract: what it burns it lets the emission mint for.
contract TokenHandler {
    using Random for uint256;

    uint256 public constant ACTORS = 4;
    uint256 public constant STARTED_AT = 1_800_000_000;
    uint256 private constant TREASURY_WEI = 50_000_000e18;

    DPCToken public immutable token;
    Emission public immutable emission;
    address public immutable distribution = vm.addr(0xd15);

    /// @dev What this handler has seen happen, in wei.
    uint256 public mintedAfterGenesisWei;
    uint256 public burntForEpochsWei;
    uint256 public burntOtherwiseWei;
    uint256 public nowSeconds = STARTED_AT;

    /// @dev Halvings are so far apart that a run seldom meets one by chance; long pauses bring it there.
    uint256 private constant PAUSE_SECONDS_MAX = 300 days;

    address[ACTORS] private _actors;
    bytes32 private _usedNonce;

    constructor() {
        vm.warp(nowSeconds);
        address tokenAt = vm.computeCreateAddress(address(this), 2);
        emission = new Emission(tokenAt, address(this), distribution, TREASURY_WEI);
        token = new DPCToken(address(emission));
        for (uint256 i = 0; i < ACTORS; ++i) _actors[i] = vm.addr(i + 1);
    }

    /// @dev What the emission tells the settlement contract at genesis. Nothing has to be kept of it here.
    function appendGenesis(uint64, uint64) external view {
        require(msg.sender == address(emission), "genesis is reported by the emission alone");
    }

    function pass(uint256 seed) external {
        nowSeconds += seed.oneIn("long", 3) ? seed.between("pause", 1 days, PAUSE_SECONDS_MAX) : seed.between("step", 0, 2 days);
    }

    function genesis(uint256 seed) external {
        vm.warp(nowSeconds);
        bool isMinted = emission.isGenesisMinted();
        bool ok = _call(_actor(seed), address(emission), abi.encodeCall(emission.genesis, ()));
        require(ok != isMinted, "genesis is minted exactly once");
    }

    /// @dev Burns fees and has the epoch's share minted, twice in the same second now and then.
    function finalise(uint256 seed) external {
        vm.warp(nowSeconds);
        uint256 burnt = seed.between("burnt", 0, token.balanceOf(address(this)) / 4);
        if (seed.oneIn("dust", 2)) burnt -= burnt % 1e12;
        token.burn(burnt);
        burntForEpochsWei += burnt;
        uint256 before = token.totalSupply();
        uint64 completedAt = uint64(seed.between("completedAt", emission.mintedUntil(), nowSeconds));
        uint256 minted = emission.mintEpoch(burnt, completedAt);
        require(token.totalSupply() - before == minted, "what is reported as minted is what was minted");
        require(minted % 1e12 == 0, "whole microcredits are minted");
        require(minted <= burnt / 2, "an epoch mints at most half of what it burns");
        mintedAfterGenesisWei += minted;
    }

    function pay(uint256 seed) external {
        vm.warp(nowSeconds);
        address from = _holder(seed);
        uint256 amount = seed.between("amount", 0, token.balanceOf(from));
        bool ok = _call(from, address(token), abi.encodeCall(token.transfer, (_actor(seed.derive(1)), amount)));
        require(ok, "a holder pays what it has");
    }

    function payTooMuch(uint256 seed) external {
        vm.warp(nowSeconds);
        address from = _holder(seed);
        uint256 amount = token.balanceOf(from) + seed.between("more", 1, 1e30);
        require(!_call(from, address(token), abi.encodeCall(token.transfer, (_actor(seed.derive(1)), amount))), "nobody pays more");
        require(!_call(from, address(token), abi.encodeWithSignature("burn(uint256)", amount)), "nobody burns more");
    }

    function payByAllowance(uint256 seed) external {
        vm.warp(nowSeconds);
        address from = _holder(seed);
        address spender = _actor(seed.derive(1));
        uint256 allowed = seed.between("allowed", 0, token.balanceOf(from));
        require(_call(from, address(token), abi.encodeCall(token.approve, (spender, allowed))), "anybody approves");
        uint256 spent = seed.between("spent", 0, allowed * 2);
        bool ok = _call(spender, address(token), abi.encodeCall(token.transferFrom, (from, _actor(seed.derive(2)), spent)));
        require(ok == (spent <= allowed), "a spender spends what it is allowed");
    }

    /// @dev Pays by ERC-3009, relayed by anybody, and shows the same signature again.
    function payByAuthorization(uint256 seed) external {
        vm.warp(nowSeconds);
        uint256 key = seed.between("actor", 1, ACTORS);
        address to = _actor(seed.derive(1));
        uint256 amount = seed.between("amount", 0, token.balanceOf(vm.addr(key)));
        _usedNonce = keccak256(abi.encode(_usedNonce, seed));
        bytes memory data = _authorization(key, to, amount);
        require(_call(_actor(seed.derive(2)), address(token), data), "an authorisation pays");
        require(!_call(_actor(seed.derive(3)), address(token), data), "an authorisation pays once");
    }

    function burn(uint256 seed) external {
        vm.warp(nowSeconds);
        address from = _holder(seed);
        uint256 amount = seed.between("amount", 0, token.balanceOf(from) / 8);
        require(_call(from, address(token), abi.encodeWithSignature("burn(uint256)", amount)), "a holder burns what it has");
        burntOtherwiseWei += amount;
    }

    /// @dev Everybody but the emission tries to mint, and everybody but the settlement contract to have it minted.
    function trespass(uint256 seed) external {
        vm.warp(nowSeconds);
        address caller = seed.oneIn("self", 3) ? address(this) : _holder(seed);
        uint256 amount = seed.between("amount", 0, 1e27);
        require(!_call(caller, address(token), abi.encodeCall(token.mint, (caller, amount))), "only the emission mints");
        if (caller == address(this)) return;
        require(!_call(caller, address(emission), abi.encodeCall(emission.mintEpoch, (amount, uint64(nowSeconds)))), "only settlement has it minted");
    }

    /// @notice Everybody who can hold DPC here.
    function holders() external view returns (address[] memory all) {
        all = new address[](ACTORS + 4);
        for (uint256 i = 0; i < ACTORS; ++i) all[i] = _actors[i];
        all[ACTORS] = distribution;
        all[ACTORS + 1] = address(this);
        all[ACTORS + 2] = address(token);
        all[ACTORS + 3] = address(emission);
    }

    function _authorization(uint256 key, address to, uint256 amount) private view returns (bytes memory) {
        bytes32 kind = keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        uint256 until = nowSeconds + 1;
        bytes32 message = keccak256(abi.encode(kind, vm.addr(key), to, amount, 0, until, _usedNonce));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), message));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return
            abi.encodeWithSignature(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
                vm.addr(key), to, amount, 0, until, _usedNonce, v, r, s
            );
    }

    function _actor(uint256 seed) private view returns (address) {
        return _actors[seed.between("actor", 0, ACTORS - 1)];
    }

    function _holder(uint256 seed) private view returns (address) {
        uint256 index = seed.between("holder", 0, ACTORS);
        return index == ACTORS ? distribution : _actors[index];
    }

    function _call(address from, address to, bytes memory data) private returns (bool ok) {
        vm.prank(from);
        (ok, ) = to.call(data);
    }
}
