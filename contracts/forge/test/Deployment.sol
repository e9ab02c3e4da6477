// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/settlement/Settlement.sol";
import {DPCToken} from "../../src/token/DPCToken.sol";
import {Emission} from "../../src/token/Emission.sol";
import {SettlementParameters} from "../../src/types/SettlementParameters.sol";
import {vm} from "./Vm.sol";

/// @title Token, emission and settlement, deployed as on a network; the disputes contract is an account that the handler plays.
abstract contract Deployment {
    uint64 internal constant STARTED_AT = 1_800_000_000;
    uint64 internal constant WINDOW_SECONDS = 1 days;
    uint64 internal constant INBOX_AGE_SECONDS = 15 minutes;
    uint64 internal constant ANSWER_SECONDS = 6 hours;
    uint64 internal constant ROUNDS_MAX = 2;
    uint64 internal constant EXIT_SECONDS = 7 days;
    uint64 internal constant COMPENSATION_MAX_MICROCREDITS = 5_000_000;
    // No whole number of microcredits, nor of tenths: what is seized has to add up all the same.
    uint256 internal constant EPOCH_BOND_WEI = 100e18 + 7;
    uint256 internal constant TREASURY_WEI = 50_000_000e18;

    DPCToken public immutable token;
    Emission public immutable emission;
    Settlement public immutable settlement;

    address public immutable poster = vm.addr(0xa01);
    address public immutable guardian = vm.addr(0xa02);
    address public immutable disputes = vm.addr(0xa03);
    address public immutable distribution = vm.addr(0xa04);

    constructor() {
        vm.warp(STARTED_AT);
        uint64 nonce = vm.getNonce(address(this));
        address tokenAt = vm.computeCreateAddress(address(this), nonce + 1);
        address settlementAt = vm.computeCreateAddress(address(this), nonce + 2);
        emission = new Emission(tokenAt, settlementAt, distribution, TREASURY_WEI);
        token = new DPCToken(address(emission));
        settlement = new Settlement(
            SettlementParameters({
                token: tokenAt,
                emission: address(emission),
                disputes: disputes,
                poster: poster,
                guardian: guardian,
                windowSeconds: WINDOW_SECONDS,
                inboxAgeSeconds: INBOX_AGE_SECONDS,
                answerSeconds: ANSWER_SECONDS,
                roundsMax: ROUNDS_MAX,
                exitSeconds: EXIT_SECONDS,
                epochBondWei: EPOCH_BOND_WEI,
                compensationMaxMicrocredits: COMPENSATION_MAX_MICROCREDITS
            })
        );
        require(address(token) == tokenAt && address(settlement) == settlementAt, "deployed where they expect each other");
        emission.genesis();
    }
}
