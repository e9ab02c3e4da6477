// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NodeRegistry} from "../../src/registry/NodeRegistry.sol";
import {UsageReceipt} from "../../src/types/Messages.sol";
import {Deployment} from "./Deployment.sol";
import {Random} from "./Random.sol";
import {vm} from "./Vm.sol";

/// @title What nodes, their payout wallets and those who watch them do with stakes; the model says what each call must answer.
contract RegistryHandler is Deployment {
    using Random for uint256;

    uint256 public constant NODES = 4;
    uint64 private constant UNBOND_SECONDS = 14 days;
    uint256 private constant NODE_WEI = 1_000e18;
    bytes32 private constant RECEIPT_TYPE = keccak256(
        "UsageReceipt(bytes32 orderDigest,address node,uint32 attempt,uint64 sequence,uint8 outcome,"
        "bytes32 inputDigest,bytes32 outputDigest,uint64 startedAtMs,uint64 endedAtMs,uint64 fuel,uint64 cpuMs,"
        "uint64 memoryBytesPeak,uint64 gpuMs,uint64 storageByteSeconds,uint64 egressBytes)"
    );

    /// @dev A node as it should be.
    struct Known {
        uint256 wallet;
        bool isKnown;
        bool isSlashed;
        uint256 stakeWei;
        uint256 unbondingWei;
        uint256 withdrawableAt;
    }

    NodeRegistry public immutable registry;
    uint256 public nowSeconds = STARTED_AT;
    uint256[NODES] public balanceWei;
    Known[NODES] private _nodes;

    constructor() {
        registry = new NodeRegistry(address(token), address(settlement), UNBOND_SECONDS);
        for (uint256 i = 0; i < NODES; ++i) {
            vm.prank(distribution);
            token.transfer(account(i), balanceWei[i] = NODE_WEI);
            vm.prank(account(i));
            token.approve(address(registry), type(uint256).max);
        }
    }

    modifier step(uint256 seed) {
        nowSeconds += seed.oneIn("long", 4) ? seed.between("days", 0, UNBOND_SECONDS) : seed.between("hours", 0, 1 days);
        vm.warp(nowSeconds);
        _;
    }

    function register(uint256 seed) external step(seed) {
        (uint256 node, uint256 wallet) = (_any(seed), _any(seed.derive(1)));
        uint256 stakeWei = seed.between("stake", 0, balanceWei[node] / 2);
        bool isAllowed = !_nodes[node].isKnown;
        _expect(node, abi.encodeCall(registry.registerNode, (account(wallet), stakeWei)), isAllowed, "a node registers once");
        if (!isAllowed) return;
        _nodes[node] = Known(wallet, true, false, stakeWei, 0, 0);
        balanceWei[node] -= stakeWei;
    }

    function changeWallet(uint256 seed) external step(seed) {
        (uint256 node, uint256 caller, uint256 wallet) = (_any(seed), _any(seed.derive(1)), _any(seed.derive(2)));
        bytes memory data = abi.encodeCall(registry.changePayoutWallet, (account(node), account(wallet)));
        bool isAllowed = _owns(caller, node);
        _expect(caller, data, isAllowed, "the payout wallet names the next");
        if (isAllowed) _nodes[node].wallet = wallet;
    }

    function addStake(uint256 seed) external step(seed) {
        (uint256 node, uint256 caller) = (_any(seed), _any(seed.derive(1)));
        uint256 amountWei = seed.between("amount", 0, balanceWei[caller] / 2);
        bool isAllowed = _nodes[node].isKnown && !_nodes[node].isSlashed && amountWei > 0;
        _expect(caller, abi.encodeCall(registry.addStake, (account(node), amountWei)), isAllowed, "anybody adds to a stake");
        if (!isAllowed) return;
        balanceWei[caller] -= amountWei;
        _nodes[node].stakeWei += amountWei;
    }

    function unbond(uint256 seed) external step(seed) {
        uint256 node = _any(seed);
        uint256 caller = seed.oneIn("other", 4) ? _any(seed.derive(1)) : _nodes[node].wallet;
        uint256 amountWei = seed.between("amount", 0, _nodes[node].stakeWei + (seed.oneIn("more", 4) ? 1 : 0));
        bool isAllowed = _owns(caller, node) && amountWei > 0 && amountWei <= _nodes[node].stakeWei;
        _expect(caller, abi.encodeCall(registry.unbond, (account(node), amountWei)), isAllowed, "the payout wallet unbonds");
        if (!isAllowed) return;
        _nodes[node].stakeWei -= amountWei;
        _nodes[node].unbondingWei += amountWei;
        _nodes[node].withdrawableAt = nowSeconds + UNBOND_SECONDS;
    }

    function withdraw(uint256 seed) external step(seed) {
        uint256 node = _any(seed);
        uint256 amountWei = _nodes[node].unbondingWei;
        bool isAllowed = amountWei > 0 && nowSeconds >= _nodes[node].withdrawableAt;
        _expect(_any(seed.derive(1)), abi.encodeCall(registry.withdraw, (account(node))), isAllowed, "what unbonded is paid");
        if (!isAllowed) return;
        _nodes[node].unbondingWei = 0;
        balanceWei[_nodes[node].wallet] += amountWei;
    }

    /// @dev Two receipts of one key: with one sequence and two contents they slash, in any other way they do not.
    function slash(uint256 seed) external step(seed) {
        (uint256 node, uint256 caller) = (_any(seed), _any(seed.derive(1)));
        bool isConflict = seed.oneIn("conflict", 3);
        (UsageReceipt memory first, UsageReceipt memory second) = (_receipt(node, seed), _receipt(node, seed));
        second.fuel += 1;
        if (!isConflict) seed.oneIn("same", 2) ? --second.fuel : ++second.sequence;
        bool isAllowed = isConflict && _nodes[node].isKnown && !_nodes[node].isSlashed;
        bytes memory data = abi.encodeCall(registry.slash, (first, _signed(node, first), second, _signed(node, second)));
        _expect(caller, data, isAllowed, "two receipts of one sequence slash");
        if (!isAllowed) return;
        balanceWei[caller] += (_nodes[node].stakeWei + _nodes[node].unbondingWei) / 10;
        (_nodes[node].isSlashed, _nodes[node].stakeWei, _nodes[node].unbondingWei) = (true, 0, 0);
    }

    /// @notice Node and wallet `index`: each account may be both.
    function account(uint256 index) public pure returns (address) {
        return vm.addr(0xc00 + index);
    }

    /// @notice Stakes and what unbonds, of all nodes.
    function bondedWei() external view returns (uint256 sum) {
        for (uint256 i = 0; i < NODES; ++i) sum += _nodes[i].stakeWei + _nodes[i].unbondingWei;
    }

    function _receipt(uint256 node, uint256 seed) private pure returns (UsageReceipt memory receipt) {
        receipt.orderDigest = bytes32(seed);
        receipt.node = account(node);
        receipt.sequence = uint64(seed.between("sequence", 1, 5));
    }

    function _signed(uint256 node, UsageReceipt memory receipt) private view returns (bytes memory) {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(kind, keccak256("DEparrow"), keccak256("1"), block.chainid, settlement));
        bytes32 message = keccak256(abi.encode(RECEIPT_TYPE, receipt));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xc00 + node, keccak256(abi.encodePacked(hex"1901", domain, message)));
        return abi.encodePacked(r, s, v);
    }

    function _owns(uint256 caller, uint256 node) private view returns (bool) {
        return _nodes[node].isKnown && _nodes[node].wallet == caller;
    }

    function _any(uint256 seed) private pure returns (uint256) {
        return seed.between("account", 0, NODES - 1);
    }

    function _expect(uint256 caller, bytes memory data, bool isAllowed, string memory rule) private {
        vm.prank(account(caller));
        (bool ok, ) = address(registry).call(data);
        require(ok == isAllowed, rule);
    }
}
