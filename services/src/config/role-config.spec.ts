import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from './config-error.ts'
import { withPassword } from './locations.ts'
import { describeVariables, type Environment, readRoleConfig } from './role-config.ts'
import { type Role, roleVariables } from './role-variables.ts'
import { Secret } from './secret.ts'
import { showConfig } from './show-config.ts'

const relay: Environment = { DEPARROW_ROLE: 'relay', STORE_URL: 'sqlite:/data/journal', KAFKA_BROKERS: 'kafka:9092' }
const market: Environment = {
  DEPARROW_ROLE: 'market',
  STORE_URL: 'postgres://deparrow:hunter2@db:5432/deparrow?sslmode=require',
  INTERNAL_SECRET_FILE: '/run/secrets/internal',
  LEDGER_URLS: 'http://one:7000, http://two:7000',
  MARKET_DATABASE_URL: 'sqlite:market.sqlite',
  CONTENT_FOLDER: '/content',
  MESH_KEY_FILE: '/run/secrets/mesh.json',
  MESH_KEY_PASSWORD_FILE: '/run/secrets/mesh-password',
}

function refusalOf(environment: Environment): ConfigError {
  try {
    readRoleConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error
  }
  throw new Error('it was taken')
}

describe('the configuration of a role', () => {
  it('is refused without a role, or with one that there is not', () => {
    assert.equal(refusalOf({}).variable, 'DEPARROW_ROLE')
    const { message } = refusalOf({ DEPARROW_ROLE: 'writer' })
    assert.match(message, /DEPARROW_ROLE is no role; set it to what this process does: ledger, relay, /)
  })

  it('is refused when a variable is missing or empty; the message names it and says what it takes', () => {
    for (const value of [undefined, '']) {
      assert.equal(
        refusalOf({ ...relay, STORE_URL: value }).message,
        'STORE_URL is missing; set it to where the journal lies: sqlite:PATH, postgres://… or kurrentdb://…',
      )
    }
  })

  for (const [variable, value] of [
    ['STORE_URL', 'mysql://db'],
    ['STORE_URL', 'sqlite://data'],
    ['STORE_URL', 'postgres:db'],
    ['INTERNAL_PORT', '65536'],
    ['INTERNAL_PORT', '7e3'],
    ['INTERNAL_PORT', '-1'],
    ['SHARD', '1'],
    ['SHARD_COUNT', '0'],
    ['KAFKA_BROKERS', 'kafka'],
    ['KAFKA_BROKERS', 'one:9092,,two:9092'],
    ['KAFKA_TOPIC', 'a topic'],
  ] as const) {
    it(`is refused with ${variable}=${value}, without repeating what may be secret`, () => {
      const refusal = refusalOf({ ...relay, [variable]: value })
      assert.equal(refusal.variable, variable)
      assert.match(refusal.message, new RegExp(`^${variable} is .*; set it to `))
    })
  }

  it('is refused with several shards for a role that serves one journal', () => {
    assert.equal(refusalOf({ ...market, SHARD_COUNT: '2' }).variable, 'SHARD_COUNT')
    const { DEPARROW_ROLE: _, ...clearing } = { ...market }
    assert.equal(refusalOf({ ...clearing, DEPARROW_ROLE: 'clearing' }).variable, 'SHARD_COUNT')
    assert.equal(readRoleConfig({ ...clearing, DEPARROW_ROLE: 'clearing', SHARD: '1', SHARD_COUNT: '2' }).shard, 1)
  })

  it('is read into numbers, lists and places, with defaults, and cannot be changed', () => {
    const config = readRoleConfig(market)
    assert.equal(config.role, 'market')
    assert.ok(config.role === 'market')
    assert.deepEqual(config.ledgerUrls, ['http://one:7000', 'http://two:7000'])
    assert.deepEqual([config.internalPort, config.meshPort, config.shardCount], [7000, 4001, 1])
    assert.deepEqual(config.marketDatabaseUrl, { engine: 'sqlite', path: 'market.sqlite' })
    assert.throws(() => Object.assign(config, { internalPort: 1 }), TypeError)
  })

  it('is shown without its secrets', () => {
    const shown = showConfig(readRoleConfig(market))
    assert.ok(!shown.includes('hunter2') && !shown.includes('deparrow:'), shown)
    assert.match(shown, /^storeUrl = postgres:\/\/db:5432\/deparrow$/m)
    assert.match(shown, /^internalSecretFile = \/run\/secrets\/internal$/m)
  })

  it('says of every variable of every role what it takes', () => {
    for (const role of Object.keys(roleVariables) as Role[]) {
      for (const { name, takes } of describeVariables(role)) assert.ok(takes.length > 5, `${role}: ${name}`)
    }
  })
})

describe('a database password from a file', () => {
  it('is for a server whose address has none, and for no other', () => {
    const place = (url: string) => ({ engine: 'postgres', url: new Secret(url) }) as const
    const password = new Secret('p@ss/word')
    const reached = (url: string) => withPassword(place(url), password).url.reveal()
    assert.equal(reached('postgres://deparrow@db:5432/deparrow'), 'postgres://deparrow:p%40ss%2Fword@db:5432/deparrow')
    assert.equal(reached('postgres://deparrow:own@db/deparrow'), 'postgres://deparrow:own@db/deparrow')
    const file = { engine: 'sqlite', path: 'a' } as const
    assert.equal(withPassword(file, password), file)
    const kurrent = { engine: 'kurrentdb', url: new Secret('kurrentdb://db:2113?tls=false') } as const
    assert.equal(withPassword(kurrent, password), kurrent)
  })
})
