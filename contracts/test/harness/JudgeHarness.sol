// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DebitJudge} from "../../src/libraries/DebitJudge.sol";
import {Case} from "../../src/types/DebitEvidence.sol";

/// @title Lets specs call the judges.
contract JudgeHarness {
    function requireAllowed(Case calldata self, bytes32 key, uint64 debit, bytes calldata evidence) external view {
        DebitJudge.requireAllowed(self, key, debit, evidence);
    }

    function requireHoldAllowed(Case calldata self, bytes32 key, uint128 amount, bytes calldata evidence) external view {
        DebitJudge.requireHoldAllowed(self, key, amount, evidence);
    }
}
