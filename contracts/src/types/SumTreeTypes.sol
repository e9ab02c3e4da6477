// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What an epoch says of one account. Amounts in microcredits.
struct Leaf {
    uint128 available;
    /// @dev In open holds of jobs and escrows.
    uint128 held;
    /// @dev Root of the tree of last nonces; the key is `ProofOfCompute.laneKey`.
    bytes32 lanesRoot;
    /// @dev Root of the tree of open holds; the key is the digest of the order, the value what is set aside.
    bytes32 holdsRoot;
    /// @dev Last receipt sequence, 0 for an account that is no node.
    uint64 receiptSequence;
}

/// @dev A subtree as its parent knows it. Nothing below it: zero and zero.
struct SumNode {
    bytes32 hash;
    uint128 sum;
}

/// @dev What stands where a key leads in a tree of entries: nothing, the key's own entry, or another that is alone there.
struct EntryProof {
    /// @dev Whether nothing stands there; then `key` and `value` are not looked at.
    bool isEmpty;
    bytes32 key;
    uint128 value;
    /// @dev What stands beside the way, from the root down: 48 bytes each, hash (32) and sum (16).
    bytes siblings;
}

/// @dev What stands where a place leads in the tree of leaves, as in `EntryProof`.
struct LeafProof {
    bool isEmpty;
    bytes32 place;
    Leaf leaf;
    bytes siblings;
}
