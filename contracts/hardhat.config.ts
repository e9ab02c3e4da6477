import { fileURLToPath } from 'node:url'
import hardhatNetworkHelpers from '@nomicfoundation/hardhat-network-helpers'
import hardhatNodeTestRunner from '@nomicfoundation/hardhat-node-test-runner'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import hardhatViemAssertions from '@nomicfoundation/hardhat-viem-assertions'
import { defineConfig } from 'hardhat/config'

export default defineConfig({
  plugins: [hardhatNodeTestRunner, hardhatNetworkHelpers, hardhatViem, hardhatViemAssertions],
  paths: { sources: 'src', tests: 'test' },
  solidity: {
    version: '0.8.37',
    // The compiler comes from npm, so that a build downloads nothing.
    path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
    settings: {
      evmVersion: 'osaka',
      optimizer: { enabled: true, runs: 1000 },
      // Comments do not change the bytecode, so that a reworded sentence does not change what is deployed.
      metadata: { bytecodeHash: 'none' },
    },
  },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', chainId: 31337 },
  },
})
