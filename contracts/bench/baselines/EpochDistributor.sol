// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title A Merkle distributor with a root for each epoch and a claim for each account and epoch.
/// @notice The usual way to pay many accounts by proof, to compare a claim with.
contract EpochDistributor {
    IERC20 private immutable _token;

    mapping(uint256 epoch => bytes32) private _roots;
    mapping(uint256 epoch => mapping(uint256 word => uint256)) private _claimedBits;

    error AlreadyClaimed(uint256 epoch, uint256 index);
    error ProofInvalid(uint256 epoch, uint256 index);

    constructor(IERC20 token) {
        _token = token;
    }

    function post(uint256 epoch, bytes32 root) external {
        _roots[epoch] = root;
    }

    function claim(uint256 epoch, uint256 index, address account, uint256 amountWei, bytes32[] calldata proof) external {
        uint256 mask = 1 << (index & 0xff);
        uint256 word = _claimedBits[epoch][index >> 8];
        require(word & mask == 0, AlreadyClaimed(epoch, index));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, amountWei))));
        require(MerkleProof.verifyCalldata(proof, _roots[epoch], leaf), ProofInvalid(epoch, index));
        _claimedBits[epoch][index >> 8] = word | mask;
        _token.transfer(account, amountWei);
    }
}
