import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, describe, it } from 'node:test'
import type { Hex } from '@deparrow/ledger'
import { type AgentWallet, contentIdOfBytes, type Job } from '@deparrow/sdk'
import { accepted, gatewayUrlOf, newAgent, refusalOf } from '../support/agents.ts'
import { type HttpAnswer, messagesOf, postJson, request } from '../support/request.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'
import { smallestJob } from '../support/smallest-job.ts'

const unknownId: Hex = `0x${'ab'.repeat(32)}`
const folder = temporaryFolder()

let network: NetworkProcess
let url: string
let agent: AgentWallet
let stranger: AgentWallet
let job: Job

before(async () => {
  network = new NetworkProcess(folder.path)
  url = await gatewayUrlOf(network)
  agent = await newAgent(url, 1_000_000n)
  stranger = await newAgent(url)
  const submitted = accepted(await agent.submitJob({ module: smallestJob, maxPriceMicrocredits: 10_000n }))
  job = await agent.followJob(submitted.job.id)
})

after(async () => {
  await network.stop()
  folder.remove()
})

const ask = (query: string, variables: object = {}, token?: string) =>
  postJson(`${url}/graphql`, { query, variables }, token === undefined ? {} : { authorization: `Bearer ${token}` })

/** A clear answer to somebody's mistake: its status, and nothing of the program's inside. */
function assertMistake(answer: HttpAnswer, status: number, message: RegExp): void {
  assert.equal(answer.status, status, answer.text.slice(0, 400))
  assert.match(messagesOf(answer)[0] ?? String(answer.json?.['message'] ?? ''), message)
  assertTellsNothing(answer)
}

function assertTellsNothing({ text }: HttpAnswer): void {
  assert.doesNotMatch(text, /node_modules|\.js\b|\.ts\b|"stack|\bat \w+ \(|SQLITE|\/dist\//)
}

/** The answer to a PUT whose headers announce a body of which nothing is sent: the server must not wait for what it will not take. */
function statusOfAnnounced(
  to: string,
  headers: Record<string, string>,
  byteCount: number,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(to, { method: 'PUT', headers: { ...headers, 'content-length': String(byteCount) } })
    sent.on('error', reject)
    sent.on('response', response => {
      resolve(response.statusCode)
      sent.destroy()
    })
    sent.flushHeaders()
  })
}

describe('malformed GraphQL', () => {
  it('gets 400 and the place of the mistake', async () => {
    const answer = await ask('{ network { chainId }')
    assertMistake(answer, 400, /Syntax Error: Expected Name, found <EOF>/)
    assert.match(answer.text, /"locations":\[\{"line":1,"column":22\}\]/)
  })

  it('gets 400 for a field, an argument and an operation that there is not', async () => {
    assertMistake(await ask('{ secrets }'), 400, /Cannot query field "secrets" on type "Query"/)
    assertMistake(await ask('{ nodes(all: true) { address } }'), 400, /Unknown argument "all"/)
    assertMistake(await ask('subscription { everything }'), 400, /Cannot query field "everything"/)
  })

  it('gets 400 for a value that its type does not allow', async () => {
    assertMistake(await ask('{ wallet(address: "0x12") { held } }'), 400, /40 hexadecimal digits/)
    assertMistake(await ask('{ job(id: "xyz") { id } }'), 400, /hexadecimal/i)
    const balance = 'query ($address: Address!) { wallet(address: $address) { available } }'
    assertMistake(await ask(balance), 400, /\$address/)
    assertMistake(await ask(balance, { address: 12 }), 400, /\$address/)
  })

  it('gets 400 for a body that is no JSON, has no query, or holds several', async () => {
    for (const body of ['{"query":', 'query', '[]', '{}', '[{"query":"{ __typename }"},{"query":"{ __typename }"}]']) {
      const answer = await postJson(`${url}/graphql`, body)
      assert.equal(answer.status, 400, `${body}: ${answer.text}`)
      assertTellsNothing(answer)
    }
  })

  it('gets 400 when it nests too deep, asks for too much, or goes round in circles', async () => {
    const nested = `{ __schema { types { ${'ofType { '.repeat(40)} name ${'}'.repeat(40)} } } }`
    assertMistake(await ask(nested), 400, /more than 15 levels deep/)
    assertMistake(await ask(`{ ${'__typename '.repeat(500)} }`), 400, /more than 400 fields/)
    assertMistake(await ask('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), 400, /itself/)
  })

  it('gets 415 for another content type and 404 for a path that there is not', async () => {
    const typed = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: '{ __typename }',
    })
    assert.equal(typed.status, 415)
    assertTellsNothing(typed)
    const elsewhere = await request(`${url}/../../etc/passwd`)
    assert.equal(elsewhere.status, 404)
    assertTellsNothing(elsewhere)
  })
})

describe('a body that is too large', () => {
  it('gets 413 as a query', async () => {
    const answer = await ask(`{ __typename } #${'x'.repeat(2 ** 20)}`)
    assert.equal(answer.status, 413)
    assertTellsNothing(answer)
  })

  it('gets 413 as content, and the largest that is allowed is taken', async () => {
    const { token } = await agent.signIn()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }
    assert.equal(await statusOfAnnounced(`${url}/content`, headers, 16 * 2 ** 20 + 1), 413)
    const largest = { method: 'PUT', headers, body: new Uint8Array(16 * 2 ** 20) }
    assert.equal((await request(`${url}/content`, largest)).status, 201)
  })
})

describe('an id that nobody knows', () => {
  it('gives null for a job and a node, and zeros for a wallet', async () => {
    const nobody = `0x${'77'.repeat(20)}`
    const answer = await ask(
      'query ($id: Hex!, $a: Address!) { job(id: $id) { id } node(address: $a) { online } wallet(address: $a) { available held } }',
      { id: unknownId, a: nobody },
    )
    assert.deepEqual(answer.json?.['data'], { job: null, node: null, wallet: { available: '0', held: '0' } })
  })

  it('is said by the SDK, for a job, its log, and its end', async () => {
    const isUnknown = { code: 'UNKNOWN_JOB' }
    await assert.rejects(agent.job(unknownId), isUnknown)
    await assert.rejects(agent.jobLog(unknownId), isUnknown)
    await assert.rejects(agent.followJob(unknownId), isUnknown)
    assert.equal(refusalOf(await agent.cancelJob(unknownId)).code, 'UNKNOWN_JOB')
  })

  it('gets 404 as content, also when it is no CID at all', async () => {
    const { token } = await agent.signIn()
    const headers = { authorization: `Bearer ${token}` }
    const unknown = contentIdOfBytes(new TextEncoder().encode('never stored'))
    for (const name of [unknown, 'x', '..%2F..%2Fjournal.sqlite', `${unknown}0`]) {
      const answer = await request(`${url}/content/${name}`, { headers })
      assert.equal(answer.status, 404, name)
      assertTellsNothing(answer)
    }
  })
})

describe('what is the payer’s alone', () => {
  const logQuery = 'query ($id: Hex!) { job(id: $id) { status log } }'

  it('is the log: nobody without a session and no other wallet reads it', async () => {
    const codeOf = async (token?: string) => {
      const answer = await ask(logQuery, { id: job.id }, token)
      const { data, errors } = answer.json as {
        readonly data: { readonly job: { readonly status: string; readonly log: string | null } }
        readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
      }
      assert.equal(data.job.status, 'completed')
      return errors?.[0]?.extensions.code ?? data.job.log
    }
    assert.equal(await codeOf(), 'UNAUTHENTICATED')
    assert.equal(await codeOf('a.b.c'), 'UNAUTHENTICATED')
    assert.equal(await codeOf((await stranger.signIn()).token), 'FORBIDDEN')
    assert.equal(await codeOf((await agent.signIn()).token), '')
    await assert.rejects(stranger.jobLog(job.id), { code: 'GATEWAY_ERROR', serverCode: 'FORBIDDEN' })
  })

  it('is stored and fetched by nobody without a session', async () => {
    for (const authorization of [undefined, 'Bearer a.b.c', 'Basic eDp5']) {
      const headers = authorization === undefined ? {} : { authorization }
      const got = await request(`${url}/content/${job.outputCid}`, { headers })
      const put = await request(`${url}/content`, { method: 'PUT', headers, body: 'x' })
      assert.deepEqual([got.status, put.status], [401, 401])
      assert.equal(got.json?.['code'], 'UNAUTHENTICATED')
    }
  })

  it('is the order to end a job: another wallet’s cancellation is refused', async () => {
    const refusal = refusalOf(await stranger.cancelJob(job.id))
    assert.deepEqual([refusal.code, refusal.expectedSigner], ['INVALID_SIGNATURE', agent.address])
  })
})
