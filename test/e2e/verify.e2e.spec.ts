import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gatewayUrlOf } from '../support/agents.ts'
import { forgedExport } from '../support/forged-journal.ts'
import { type CommandEnd, runCommand } from '../support/run-command.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'

type Finding = { readonly code: string; readonly position: number; readonly type: string; readonly problem: string }

describe('deparrow ledger verify, beside a network whose earnings were claimed', () => {
  const folder = temporaryFolder()
  const file = join(dirname(folder.path), 'journal.ndjson')
  let network: NetworkProcess
  let url: string
  let rpc: string

  before(async () => {
    network = new NetworkProcess(folder.path)
    rpc = (await network.outcome).chain.rpcUrl
    url = await gatewayUrlOf(network)
    const exported = await runCommand(['ledger', 'export', url, '--out', file], {})
    assert.equal(exported.code, 0, exported.stdout)
  })
  after(async () => {
    await network.stop()
    folder.remove()
  })

  const verify = (...words: string[]): Promise<CommandEnd> => runCommand(['ledger', 'verify', ...words], {})

  /** What is found in a journal that was forged. */
  async function findingIn(edit: (payload: string, position: number) => string, ...words: string[]) {
    const forged = join(dirname(file), 'forged.ndjson')
    writeFileSync(forged, forgedExport(readFileSync(file, 'utf8'), edit))
    const { code, json } = await verify(forged, ...words)
    return { code, error: json['error'] as Finding | undefined }
  }

  it('finds that everything holds, in the gateway’s journal, the data folder’s and the chain’s', async () => {
    for (const source of [url, folder.path]) {
      const { code, json, stdout } = await verify(source, '--rpc', rpc)
      assert.equal(code, 0, stdout)
      const chain = json['chain'] as { readonly claims: number; readonly epochsFinal: number }
      assert.ok(Number(json['signatures']) >= 6)
      assert.ok(chain.claims >= 1 && chain.epochsFinal >= 1)
    }
  })

  it('says the same of an export as of the gateway’s journal up to there', async () => {
    const { code, json } = await verify(file)
    assert.equal(code, 0)
    assert.ok(Number(json['events']) > 10)
  })

  it('finds a deposit that was forged with everything that follows from it, by the chain alone', async () => {
    const forge = (payload: string) => payload.replace(/"logIndex":\d+/, '"logIndex":99')
    assert.equal((await findingIn(forge)).code, 0)
    const { code, error } = await findingIn(forge, '--rpc', rpc)
    assert.deepEqual([code, error?.code, error?.position], [1, 'JOURNAL_UNSOUND', 2])
    assert.equal(error?.type, 'InboxItemRecorded')
  })

  it('finds an order that was forged without the chain', async () => {
    const { error } = await findingIn(payload => payload.replace(/("maxPriceMicrocredits":")(\d+)n"/, '$11$2n"'))
    assert.equal(error?.type, 'HoldOpened')
  })

  it('finds a journal that was cut off and closed again, by the epochs on chain', async () => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const closed = lines.findIndex(line => line.endsWith('"type":"EpochClosed"}}'))
    const hash = /"hash":"(0x[0-9a-f]{64})"/.exec(lines[closed - 1] ?? '')?.[1]
    const end = JSON.stringify({ end: { position: closed - 1, hash }, isComplete: true })
    const cut = join(dirname(file), 'cut.ndjson')
    writeFileSync(cut, `${[...lines.slice(0, closed), end].join('\n')}\n`)
    assert.equal((await verify(cut)).code, 0)
    const { code, json } = await verify(cut, '--rpc', rpc)
    const error = json['error'] as Finding
    assert.deepEqual([code, error.position], [1, closed])
    assert.match(error.problem, /epoch 1/)
  })

  it('finds an export whose header is of another contract than its journal', async () => {
    const text = readFileSync(file, 'utf8')
    const path = join(dirname(file), 'other.ndjson')
    writeFileSync(path, text.replace(/"settlement":"0x[0-9a-f]{40}"/, `"settlement":"0x${'5e'.repeat(20)}"`))
    const { code, json } = await verify(path)
    assert.deepEqual([code, (json['error'] as Finding).position], [1, 1])
  })
})
