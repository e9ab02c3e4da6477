// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {JobOrder, Pricing, UsageReceipt} from "../types/Messages.sol";

/// @title What a job costs and what its node earns, as the ledger computes it.
/// @dev Usage counts up to the order's limits and the running time; the sum is taken exactly and rounded down once. No intermediate result
/// reaches 2^230, whatever the messages say: memory (2^64) × time (2^64) × rate (2^64) × 10^6 × priority (2^8) is the largest.
library JobPrice {
    bytes32 internal constant WASM = keccak256("wasm");
    bytes32 internal constant DOCKER = keccak256("docker");

    uint8 internal constant COMPLETED = 0;
    uint8 internal constant FAILED_BY_NODE = 2;
    uint8 internal constant IDLE = 5;

    uint256 private constant MILLISECONDS_PER_HOUR = 3_600_000;
    uint256 private constant BYTES_PER_GIB = 2 ** 30;

    /// @dev Fuel that costs what a core-hour of CPU costs: a core at 10^9 fuel a second.
    uint256 private constant FUEL_PER_CORE_HOUR = 3_600_000_000_000;
    uint256 private constant FUEL_PER_MILLISECOND = FUEL_PER_CORE_HOUR / MILLISECONDS_PER_HOUR;

    uint256 private constant BASIS_POINTS = 10_000;

    /// @dev The price in microcredits: `min(highest price, priority × (bid or usage))`. A job that did not complete costs at most
    /// min(bid, usage), and nothing where the node is at fault or the job was idle.
    /// @param wallBoundMs The time between assignment and receipt on the ledger's clock.
    function priceOf(
        JobOrder memory order,
        UsageReceipt memory receipt,
        uint256 wallBoundMs,
        Pricing memory pricing
    ) internal pure returns (uint64) {
        if (receipt.outcome == FAILED_BY_NODE || receipt.outcome == IDLE) return 0;
        uint256 denominator = BYTES_PER_GIB * FUEL_PER_CORE_HOUR;
        uint256 base = usageCost(order, receipt, wallBoundMs, pricing);
        uint256 bid = order.bidMicrocredits * denominator;
        if (bid > 0 && (receipt.outcome == COMPLETED || bid < base)) base = bid;
        // At most the highest price, which has 64 bits.
        return uint64(min(order.maxPriceMicrocredits, (base * order.priority) / denominator));
    }

    /// @dev The network's fee on a captured amount in microcredits, rounded up, and the part of it that is burnt, rounded down.
    function feeOf(
        uint64 capturedMicrocredits,
        Pricing memory pricing
    ) internal pure returns (uint256 feeMicrocredits, uint256 burnMicrocredits) {
        feeMicrocredits = (uint256(capturedMicrocredits) * pricing.feeBasisPoints + BASIS_POINTS - 1) / BASIS_POINTS;
        burnMicrocredits = (feeMicrocredits * pricing.burnBasisPoints) / BASIS_POINTS;
    }

    /// @dev What a node is due of a captured amount: the amount less the fee, nothing when the fee is more.
    function earnedOf(uint64 capturedMicrocredits, Pricing memory pricing) internal pure returns (uint64) {
        (uint256 fee, ) = feeOf(capturedMicrocredits, pricing);
        return fee < capturedMicrocredits ? capturedMicrocredits - uint64(fee) : 0;
    }

    /// @dev The cost of the usage in parts of a microcredit, of which `BYTES_PER_GIB * FUEL_PER_CORE_HOUR` are one.
    function usageCost(
        JobOrder memory order,
        UsageReceipt memory receipt,
        uint256 wallBoundMs,
        Pricing memory pricing
    ) private pure returns (uint256) {
        uint256 claimedMs = receipt.endedAtMs > receipt.startedAtMs ? receipt.endedAtMs - receipt.startedAtMs : 0;
        uint256 runMs = min(min(claimedMs, wallBoundMs), order.wallMsMax);
        return
            processorCost(order, receipt, runMs, pricing) +
            byteTimeCost(order, receipt, runMs, pricing) +
            min(receipt.egressBytes, order.egressBytesMax) * pricing.egressGibMicrocredits * FUEL_PER_CORE_HOUR;
    }

    function processorCost(
        JobOrder memory order,
        UsageReceipt memory receipt,
        uint256 runMs,
        Pricing memory pricing
    ) private pure returns (uint256) {
        uint256 fuel = order.engine == WASM ? min(receipt.fuel, order.fuelMax) : 0;
        uint256 cpuMs = order.engine == DOCKER ? min(receipt.cpuMs, (order.cpuMillicoresMax * runMs) / 1_000) : 0;
        uint256 gpuMs = min(receipt.gpuMs, order.gpuCountMax * runMs);
        uint256 time = cpuMs * pricing.cpuCoreHourMicrocredits + gpuMs * pricing.gpuHourMicrocredits;
        return (time * FUEL_PER_MILLISECOND + fuel * pricing.fuelCoreHourMicrocredits) * BYTES_PER_GIB;
    }

    function byteTimeCost(
        JobOrder memory order,
        UsageReceipt memory receipt,
        uint256 runMs,
        Pricing memory pricing
    ) private pure returns (uint256) {
        uint256 memoryByteMs = min(receipt.memoryBytesPeak, order.memoryBytesMax) * runMs;
        uint256 storageByteMs = min(uint256(receipt.storageByteSeconds) * 1_000, order.storageBytesMax * runMs);
        return
            (memoryByteMs * pricing.memoryGibHourMicrocredits + storageByteMs * pricing.storageGibHourMicrocredits) *
            FUEL_PER_MILLISECOND;
    }

    function min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
