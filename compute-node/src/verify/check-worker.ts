import { parentPort } from 'node:worker_threads'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type BlockFindings, checkBlock } from './check-block.ts'
import type { BlockTask } from './check-threads.ts'

/** A thread of `CheckThreads`: takes a block, and answers with what it found. */
parentPort?.on('message', ({ lines, previousHash, domain }: BlockTask) => {
  const block = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
  const findings: BlockFindings = checkBlock(ledgerCrypto, block, previousHash, domain)
  parentPort?.postMessage(findings)
})
