import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { localAddresses } from '@deparrow/contracts'
import { readComposeFile } from './compose-file.spec.fixture.ts'
import { ConfigError } from './config-error.ts'
import { readRoleConfig } from './role-config.ts'
import { roleVariables } from './role-variables.ts'

const file = readComposeFile()
const ours = Object.entries(file.services).filter(([, { environment }]) => environment?.['DEPARROW_ROLE'] !== undefined)

function environmentOf(name: string): Readonly<Record<string, string>> {
  const environment = file.services[name]?.environment
  assert.ok(environment, `there is no service ${name} with an environment`)
  return environment
}

/** What says by which schema the rest is read, and what Node.js itself reads. */
const readBefore = ['DEPARROW_ROLE', 'NODE_OPTIONS']

describe('deploy/compose.yaml', () => {
  it('gives each role what its schema takes, and nothing that the role does not read', () => {
    for (const [name, { environment = {} }] of ours) {
      const config = readRoleConfig(environment)
      const known = Object.keys(roleVariables[config.role].shape)
      const unknown = Object.keys(environment).filter(variable => ![...readBefore, ...known].includes(variable))
      assert.deepEqual(unknown, [], name)
    }
  })

  it('passes on every variable that a role reads, but for those of shards: it describes one', () => {
    for (const [name, { environment = {} }] of ours) {
      const { role } = readRoleConfig(environment)
      const missing = Object.keys(roleVariables[role].shape).filter(variable => !(variable in environment))
      assert.deepEqual(missing, ['SHARD', 'SHARD_COUNT'], name)
    }
  })

  it('gives the poster its limits when they are named, and the stakes of the development chain', () => {
    const given = { GAS_FEE_MAX_GWEI: '30', EPOCH_BOND_WORTH_GWEI: '5000000', CHAIN_CONFIRMATIONS: '12' }
    const limited = readRoleConfig(readComposeFile(given).services['settlement']?.environment ?? {})
    assert.ok(limited.role === 'settlement')
    const { gasFeeMaxGwei, epochBondWorthGwei, chainConfirmations, registryAddress } = limited
    assert.deepEqual([gasFeeMaxGwei, epochBondWorthGwei, chainConfirmations], [30, 5_000_000, 12])
    assert.equal(registryAddress, localAddresses.registry.toLowerCase())
    const free = readRoleConfig(environmentOf('settlement'))
    assert.ok(free.role === 'settlement' && free.gasFeeMaxGwei === undefined && free.epochBondWorthGwei === undefined)
  })

  it('runs every service of a ledger of one shard, and the ledger twice', () => {
    const roles = ours.map(([, { environment }]) => environment?.['DEPARROW_ROLE']).sort()
    assert.deepEqual(roles, ['audit', 'gateway', 'ledger', 'ledger', 'market', 'projector', 'relay', 'settlement'])
    assert.deepEqual(environmentOf('ledger'), environmentOf('ledger-standby'))
  })

  it('would be found out: a variable that is missing or wrong is named', () => {
    for (const [variable, value] of [
      ['STORE_URL', ''],
      ['LEDGER_URLS', 'ledger:7000'],
      ['SHARD_COUNT', '2'],
      ['SETTLEMENT_URL', 'settlement'],
    ] as const) {
      const broken = { ...environmentOf('gateway'), [variable]: value }
      assert.throws(
        () => readRoleConfig(broken),
        (error: unknown) => error instanceof ConfigError && error.variable === variable,
      )
    }
  })

  it('names secrets by files alone, each of them one that its service gets and that is made', () => {
    for (const [name, { environment = {}, secrets = [] }] of Object.entries(file.services)) {
      for (const [variable, value] of Object.entries(environment)) {
        assert.ok(!/PASSWORD|SECRET|KEY/.test(variable) || variable.endsWith('_FILE'), `${name} has ${variable}`)
        assert.doesNotMatch(value, /:\/\/[^/@]*:[^/@]*@/, `${variable} of ${name} has a password in it`)
        const secret = /^\/run\/secrets\/(.+)$/.exec(value)?.[1]
        if (secret !== undefined) assert.ok(secrets.includes(secret), `${name} is not given ${secret}`)
      }
      for (const secret of secrets) assert.ok(file.secrets[secret] !== undefined, `${secret} is not declared`)
    }
  })

  it('asks for others by names and ports that are there', () => {
    const port = (name: string) => file.services[name]?.environment?.['INTERNAL_PORT']
    for (const [, { environment = {} }] of ours) {
      const urls = ['LEDGER_URLS', 'MARKET_URL', 'SETTLEMENT_URL', 'AUDIT_URL'].flatMap(
        name => environment[name]?.split(',') ?? [],
      )
      for (const url of urls.map(text => new URL(text))) assert.equal(url.port, port(url.hostname), url.href)
    }
  })

  it('publishes the gateway, the mesh and the development chain, on loopback unless told otherwise, and nothing internal', () => {
    const published = Object.entries(file.services).flatMap(([name, { ports = [] }]) => ports.map(text => [name, text]))
    assert.deepEqual(published, [
      ['market', '127.0.0.1:4001:4001'],
      ['gateway', '127.0.0.1:8080:8080'],
      ['chain', '127.0.0.1:8545:8545'],
    ])
    assert.equal(file.networks['internal']?.internal, true)
    for (const [name, { networks = [] }] of Object.entries(file.services))
      assert.ok(networks.includes('internal'), name)
  })

  it('waits for what each service needs, and asks every service whether it is well', () => {
    for (const [name, { healthcheck, depends_on: needs = {} }] of Object.entries(file.services)) {
      assert.ok((healthcheck?.test.length ?? 0) > 1, `${name} has no health check`)
      for (const [other, { condition, required }] of Object.entries(needs)) {
        assert.ok(file.services[other], `${name} waits for ${other}, which is not there`)
        assert.equal(condition, 'service_healthy')
        assert.ok(required === false || file.services[other]?.profiles === undefined, `${other} may not be started`)
      }
    }
  })

  it('tells the development chain which key the ledger signs with, by the file that is made beside its secrets', () => {
    const given = readComposeFile({ SECRETS_FOLDER: '/made' }).services['chain']?.env_file
    assert.deepEqual(given, [{ path: '/made/chain.env', required: false }])
  })

  it('keeps data in volumes that are declared', () => {
    for (const { volumes = [] } of Object.values(file.services)) {
      for (const volume of volumes) assert.ok(file.volumes[String(volume.split(':')[0])], volume)
    }
  })

  it('takes the journal to KurrentDB by one variable', () => {
    const kurrent = readComposeFile({ STORE_URL: 'kurrentdb://kurrentdb:2113?tls=false' })
    for (const [name] of ours) {
      const config = readRoleConfig(kurrent.services[name]?.environment ?? {})
      assert.equal(config.storeUrl.engine, 'kurrentdb', name)
    }
  })
})
