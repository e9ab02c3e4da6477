import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Domain } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type BlockFindings, checkBlock } from './check-block.ts'

/** Lines of events for a thread to check. */
export type BlockTask = {
  readonly lines: Uint8Array<ArrayBuffer>
  readonly previousHash: Uint8Array
  /** With it signers are recovered. */
  readonly domain: Domain | undefined
}

/** A block that was checked, as it was. */
export type CheckedBlock = BlockFindings & { readonly lines: Uint8Array<ArrayBuffer> }

/** Whoever checks blocks. */
export type BlockChecks = {
  /** What is found in a block. Its memory is given away and comes back with the answer. */
  check(task: BlockTask): Promise<CheckedBlock>
  close(): Promise<void>
}

/** Checks blocks in the calling thread, one after the other. */
export const checksHere: BlockChecks = { check: async task => checkTask(task), close: async () => undefined }

export function checkTask({ lines, previousHash, domain }: BlockTask): CheckedBlock {
  const block = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
  return { lines, ...checkBlock(ledgerCrypto, block, previousHash, domain) }
}

type Open = { resolve(checked: CheckedBlock): void; reject(error: Error): void }

type Thread = { readonly worker: Worker; readonly open: Open[] }

/** Worker threads that check blocks side by side. Each answers in the order in which it was asked. */
export class CheckThreads implements BlockChecks {
  private readonly threads: readonly Thread[]

  constructor(threadCount: number) {
    this.threads = Array.from({ length: threadCount }, startThread)
  }

  /**
   * Has a block checked by the thread that has least to do. Rejects with
   * {@link CheckThreadError} when the thread ends, or has ended.
   */
  check(task: BlockTask): Promise<CheckedBlock> {
    const thread = this.threads.reduce((least, other) => (other.open.length < least.open.length ? other : least))
    if (hasEnded(thread.worker)) return Promise.reject(new CheckThreadError())
    return new Promise((resolve, reject) => {
      thread.open.push({ resolve, reject })
      thread.worker.postMessage(task, [task.lines.buffer])
    })
  }

  /**
   * Has every thread end by itself when it has answered. One that is stopped while it loads its modules takes the process along: Node.js
   * aborts in a module that awaits (nodejs/node#53238), and so do the native bindings.
   */
  async close(): Promise<void> {
    await Promise.all(this.threads.map(({ worker }) => ended(worker)))
  }
}

async function ended(worker: Worker): Promise<void> {
  if (hasEnded(worker)) return
  const exit = once(worker, 'exit')
  worker.postMessage(undefined)
  await exit
}

function hasEnded(worker: Worker): boolean {
  return worker.threadId === -1
}

function startThread(): Thread {
  const worker = new Worker(new URL('./check-worker.js', import.meta.url))
  const open: Open[] = []
  const fail = (cause: unknown) => {
    for (const { reject } of open.splice(0)) reject(new CheckThreadError({ cause }))
  }
  worker.on('message', (checked: CheckedBlock) => open.shift()?.resolve(checked))
  worker.on('error', fail)
  worker.on('exit', fail)
  return { worker, open }
}

/** Thrown when a thread ended before it answered: a fault of this program or of its machine, and nothing that a journal can cause. */
export class CheckThreadError extends Error {
  override readonly name = 'CheckThreadError'
  constructor(options?: { readonly cause: unknown }) {
    super('a thread that checks the journal has ended', options)
  }
}
