import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { newAgent } from '../support/agents.ts'
import { postJson } from '../support/request.ts'
import { RoleNetwork } from '../support/role-network.ts'
import type { RoleProcess } from '../support/role-process.ts'
import { temporaryFolder } from '../support/run-network.ts'

const creditsMicro = 1_000_000n

describe('all services as one process of the role `all`, over SQLite', { timeout: 180_000 }, () => {
  const folder = temporaryFolder()
  let network: RoleNetwork
  let role: RoleProcess

  before(async () => {
    const databaseUrl = `sqlite:${join(folder.path, 'journal.sqlite')}`
    network = await RoleNetwork.prepare({
      folder: folder.path,
      databaseUrl,
      kafkaBrokers: ['127.0.0.1:9'],
      kafkaTopic: 'none',
    })
    role = start()
    await role.line('started')
  })
  after(async () => {
    await network.stop()
    folder.remove()
  })

  function start(): RoleProcess {
    const environments = ['ledger', 'settlement', 'market', 'gateway'].map(name => network.environmentOf(name))
    return network.start('gateway', {
      ...Object.assign({}, ...environments),
      DEPARROW_ROLE: 'all',
      READ_MODEL_URL: `sqlite:${join(folder.path, 'read-model.sqlite')}`,
      MARKET_DATABASE_URL: `sqlite:${join(folder.path, 'market.sqlite')}`,
    })
  }

  it('has nothing to tell other processes but health and figures', async () => {
    const { status } = await postJson(`${network.internalUrl('gateway')}/rpc/ledger/submit`, {})
    assert.equal(status, 401)
    assert.equal((await network.readiness('gateway'))?.['status'], 'ok')
  })

  it('credits a deposit, and has it still after it was killed', async () => {
    const agent = await newAgent(network.gatewayUrl, creditsMicro)
    role.kill('SIGKILL')
    await role.exit
    role = start()
    await role.line('started')
    assert.equal((await agent.balance()).availableMicrocredits, creditsMicro)
    assert.equal(await role.stop(), 0)
  })
})
