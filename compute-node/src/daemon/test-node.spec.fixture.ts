import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDomain } from '@deparrow/ledger/testing'
import { type RunningNode, startNode } from '../main.ts'
import type { NodeLogRecord } from './node-log.ts'
import type { NodeOptions } from './node-options.ts'
import { keyOf, ledgerSigner, ScriptedEngine, type TestMarket } from './test-market.spec.fixture.ts'

/** The number of the key of every node in these tests. */
export const nodeNumber = 31

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'deparrow-node-'))
}

export type TestNode = {
  readonly node: RunningNode
  readonly engine: ScriptedEngine
  readonly records: readonly NodeLogRecord[]
}

/** A node with a scripted engine that is on its way to the market. */
export async function startTestNode(
  market: Pick<TestMarket, 'addresses'>,
  dataFolder: string,
  options: Partial<NodeOptions> = {},
): Promise<TestNode> {
  const engine = new ScriptedEngine()
  const records: NodeLogRecord[] = []
  const node = await startNode({
    dataFolder,
    privateKey: keyOf(nodeNumber),
    domain: testDomain,
    ledgerSigner: ledgerSigner.address,
    marketAddresses: market.addresses,
    engines: { wasm: engine },
    log: record => records.push(record),
    ...options,
  })
  return { node, engine, records }
}
