import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { receiptHandoverCodec } from '../../protocol/index.ts'
import type { HeldReceipt } from './node-store.ts'

/** Appends a finally refused receipt to `refused-receipts.jsonl`, with its code, durably: it may be evidence one day. */
export function archiveRefused(dataFolder: string, held: HeldReceipt, code: string, refusedAtMs: number): void {
  const record = { refusedAtMs, code, handover: receiptHandoverCodec.encode(held.handover) }
  const file = openSync(join(dataFolder, 'refused-receipts.jsonl'), 'a', 0o600)
  try {
    writeSync(file, `${JSON.stringify(record)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
