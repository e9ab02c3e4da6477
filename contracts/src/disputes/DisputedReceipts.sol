// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeptOrders} from "./KeptOrders.sol";
import {Receipts} from "./Receipts.sol";
import {SignedByNodes} from "./SignedByNodes.sol";

/// @title DisputedReceipts
/// @dev Apart from `Disputes`, which keeps its demands, because a contract has 24 576 bytes at most (EIP-170).
contract DisputedReceipts is Receipts, KeptOrders {
    constructor(address disputes_, address ledgerSigner_) SignedByNodes(disputes_, ledgerSigner_) {}
}
