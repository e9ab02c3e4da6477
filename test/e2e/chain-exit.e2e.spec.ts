import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type LocalChain, startLocalChain } from '@deparrow/contracts/local-chain'
import { gatewayUrlOf } from '../support/agents.ts'
import { type CommandEnd, runCommand } from '../support/run-command.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'

const dayMs = 86_400_000

/** Each run of the exit that finds an epoch to finalise waits for another exit period: one for the pending epoch, and one to spare. */
const attemptsMax = 3

const dpc = (count: bigint) => count * 10n ** 18n

describe('deparrow chain, when the operator is gone', () => {
  const folder = temporaryFolder()
  const wallet = join(folder.path, 'wallet')
  const data = join(folder.path, 'network')

  before(async () => {
    mkdirSync(folder.path)
    const network = new NetworkProcess(data)
    const env = { DEPARROW_URL: await gatewayUrlOf(network), DEPARROW_DATA: wallet }
    const done = async (...words: string[]) => {
      const { code, stdout } = await runCommand(words, env)
      assert.equal(code, 0, stdout)
    }
    await done('wallet', 'create')
    await done('wallet', 'fund', '20')
    await done('wallet', 'deposit', '12')
    await done('wallet', 'withdraw', '2')
    await network.outcome
    await done('chain', 'deposit', '3')
    await network.stop()
  })
  after(() => folder.remove())

  /** A command against the chain of the data folder, some days later, with nobody else there. */
  async function later(days: number, ...words: string[]): Promise<CommandEnd> {
    const clock = { nowMs: () => Date.now() + days * dayMs }
    const chain: LocalChain = await startLocalChain({ dataFolder: join(data, 'chain'), port: 0, clock })
    try {
      const env = { DEPARROW_URL: 'http://127.0.0.1:1', DEPARROW_DATA: wallet }
      return await runCommand([...words, '--rpc', chain.rpcUrl], env)
    } finally {
      await chain.close()
    }
  }

  it('is refused while the operator could still come back', async () => {
    const { code, json } = await later(0, 'chain', 'exit', data)
    assert.deepEqual([code, (json['error'] as { readonly code: string }).code], [1, 'EXIT_NOT_DUE'])
  })

  it('gives a wallet all that it had, by the chain and the journal of the data folder', async () => {
    let end: CommandEnd | undefined
    for (let attempt = 1; attempt <= attemptsMax && end?.code !== 0; attempt++) {
      end = await later(2 * attempt, 'chain', 'exit', data)
    }
    assert.equal(end?.code, 0, end?.stdout)
    const taken = end.json['taken'] as readonly { readonly what: string; readonly amountWei: string }[]
    assert.ok(taken.some(({ what }) => what === 'leaf'))
    assert.equal(
      taken.reduce((sum, { amountWei }) => sum + BigInt(amountWei), 0n),
      dpc(15n),
    )
    const status = await later(2 * attemptsMax + 1, 'chain', 'status')
    const own = status.json['own'] as { readonly dpcWei: string }
    assert.equal(BigInt(own.dpcWei), dpc(20n))
  })
})
