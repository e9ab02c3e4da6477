// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

uint64 constant MILLISECONDS_PER_SECOND = 1_000;

// The messages that wallets, nodes and the ledger sign, as far as contracts read them. Names, types and order of the fields are those of the
// EIP-712 types; a `string` is here the Keccak hash of its text, which is what its signature is over. Times are seconds, those that end in
// `Ms` milliseconds, amounts microcredits.

/// @dev Signed by the payer or its delegate: buys one job.
struct JobOrder {
    address payer;
    /// @dev Hash of `wasm` or `docker`.
    bytes32 engine;
    bytes32 specDigest;
    uint64 maxPriceMicrocredits;
    uint64 bidMicrocredits;
    uint8 priority;
    uint64 fuelMax;
    uint32 cpuMillicoresMax;
    uint64 memoryBytesMax;
    uint64 wallMsMax;
    uint32 gpuCountMax;
    uint64 storageBytesMax;
    uint64 egressBytesMax;
    uint64 deadline;
    uint32 graceSeconds;
    uint32 lane;
    uint64 nonce;
}

/// @dev Signed by the node: what one job used.
struct UsageReceipt {
    bytes32 orderDigest;
    address node;
    uint32 attempt;
    uint64 sequence;
    /// @dev 0 completed, 1 failed by the job, 2 failed by the node, 3 cancelled, 4 timed out, 5 idle.
    uint8 outcome;
    bytes32 inputDigest;
    bytes32 outputDigest;
    uint64 startedAtMs;
    uint64 endedAtMs;
    uint64 fuel;
    uint64 cpuMs;
    uint64 memoryBytesPeak;
    uint64 gpuMs;
    uint64 storageByteSeconds;
    uint64 egressBytes;
}

/// @dev Signed by the ledger: a hold stands for this node, and this is how it will be priced and paid.
struct HoldCertificate {
    bytes32 hold;
    bytes32 orderDigest;
    address node;
    address payoutWallet;
    uint32 attempt;
    uint64 amountMicrocredits;
    uint64 position;
    uint64 expires;
    uint64 assignedAtMs;
    bytes32 pricingDigest;
}

/// @dev What usage costs and what the network keeps of it. Nobody signs it; a certificate names its digest.
struct Pricing {
    uint64 cpuCoreHourMicrocredits;
    uint64 gpuHourMicrocredits;
    uint64 memoryGibHourMicrocredits;
    uint64 storageGibHourMicrocredits;
    uint64 egressGibMicrocredits;
    uint64 fuelCoreHourMicrocredits;
    uint32 feeBasisPoints;
    uint32 burnBasisPoints;
}

/// @dev Signed by the node: gives an assignment back without a claim.
struct AssignmentRelease {
    bytes32 orderDigest;
    address node;
    uint32 attempt;
}

/// @dev What became of a signed message, and when.
struct Acceptance {
    bytes32 digest;
    uint64 position;
    bool isAccepted;
    uint64 atMs;
}

/// @dev Signed by the ledger: the Merkle root over a batch of acceptances, and the end of the journal with them.
struct AcceptanceRoot {
    uint32 shard;
    bytes32 root;
    uint64 position;
    bytes32 journalHash;
}

/// @dev Signed by the sender or its delegate.
struct Transfer {
    address from;
    address to;
    uint64 amountMicrocredits;
    uint32 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev Signed by the wallet or its delegate. The EIP-712 name of `purchaseReference` is `reference`, which Solidity keeps to itself.
struct Purchase {
    address wallet;
    address seller;
    uint64 amountMicrocredits;
    bytes32 purchaseReference;
    uint32 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev Signed by the wallet or its delegate. The EIP-712 name of `escrowReference` is `reference`.
struct EscrowOrder {
    address wallet;
    address seller;
    uint64 amountMicrocredits;
    bytes32 escrowReference;
    uint64 expires;
    uint32 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev Signed by the wallet, or by the delegate that opened the escrow.
struct EscrowCapture {
    bytes32 escrow;
    address wallet;
    uint64 amountMicrocredits;
}

/// @dev Signed by the debtor: a promise that moves nothing. The EIP-712 name of `iouReference` is `reference`.
struct Iou {
    address debtor;
    address creditor;
    uint64 amountMicrocredits;
    uint64 dueAt;
    bytes32 iouReference;
    uint32 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev Signed by the debtor: pays a promise, wholly or in part.
struct IouRedemption {
    bytes32 iou;
    address debtor;
    uint64 amountMicrocredits;
    uint32 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev Signed by the wallet: turns credits into DPC for that wallet.
struct Withdrawal {
    address wallet;
    uint64 amountMicrocredits;
    uint32 lane;
    uint64 nonce;
    uint64 deadline;
}

/// @dev Signed by the wallet: pays it out whenever the minimum is reached and the interval has passed.
struct PayoutInstruction {
    address wallet;
    uint64 minimumMicrocredits;
    uint32 intervalSeconds;
    uint64 expires;
    uint64 nonce;
}

/// @dev Signed by the wallet: lets another key spend from it.
struct SpendPermission {
    address wallet;
    address delegate;
    uint64 jobMicrocreditsMax;
    uint64 hourMicrocreditsMax;
    uint64 dayMicrocreditsMax;
    /// @dev Empty allows everybody.
    address[] counterparties;
    /// @dev Hashes of the engines' names. Empty allows every engine.
    bytes32[] engines;
    uint64 expires;
    uint64 nonce;
}

/// @dev An acceptance, its place among the batch's, and the ledger's signature over their root.
struct SignedAcceptance {
    Acceptance acceptance;
    uint32 index;
    uint32 count;
    /// @dev Hashes beside the way from the leaf up; none where the way's node is the last of an odd row.
    bytes32[] siblings;
    AcceptanceRoot root;
    bytes signature;
}
