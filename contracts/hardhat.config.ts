import { fileURLToPath } from 'node:url'
import hardhatNetworkHelpers from '@nomicfoundation/hardhat-network-helpers'
import hardhatNodeTestRunner from '@nomicfoundation/hardhat-node-test-runner'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import hardhatViemAssertions from '@nomicfoundation/hardhat-viem-assertions'
import { defineConfig } from 'hardhat/config'
import type { HardhatPlugin } from 'hardhat/types/plugins'
import { branchCoverage } from './scripts/branches.ts'

/** Hardhat prints compiler warnings and goes on; here they stop the build. */
const warningsAreErrors: HardhatPlugin = {
  id: 'warnings-are-errors',
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        getCompilationJobErrors: async (context, job, output, next) => {
          const errors = await next(context, job, output)
          // What measures coverage makes contracts larger than they may be, of which the compiler warns.
          if (context.globalOptions.coverage) return errors
          const warnings = errors.filter(({ severity }) => severity === 'warning')
          if (warnings.length > 0)
            throw new Error(warnings.map(({ formattedMessage, message }) => formattedMessage ?? message).join('\n'))
          return errors
        },
      }),
    }),
  },
}

export default defineConfig({
  plugins: [
    hardhatNodeTestRunner,
    hardhatNetworkHelpers,
    hardhatViem,
    hardhatViemAssertions,
    warningsAreErrors,
    branchCoverage,
  ],
  paths: { sources: ['src', 'test/harness', 'bench/baselines'], tests: { nodejs: 'test' } },
  solidity: {
    version: '0.8.37',
    // The compiler comes from npm, so that a build downloads nothing.
    path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
    settings: {
      evmVersion: 'osaka',
      // With more runs Settlement is larger than a contract may be (EIP-170).
      optimizer: { enabled: true, runs: 200 },
      // Comments do not change the bytecode, so that a reworded sentence does not change what is deployed.
      metadata: { bytecodeHash: 'none' },
    },
  },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', chainId: 31337 },
  },
})
