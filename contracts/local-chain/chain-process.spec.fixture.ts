import { startLocalChain } from './local-chain.ts'

// Arguments: data folder, block interval in ms. Prints the address, then serves until it is killed.
const [, , dataFolder = '', blockIntervalMs] = process.argv
const clock = { nowMs: () => Date.now() }
const chain = await startLocalChain({ dataFolder, port: 0, clock, blockIntervalMs: Number(blockIntervalMs) })
process.stdout.write(`${chain.rpcUrl}\n`)
