import assert from 'node:assert/strict'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPublicClient, http } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { localAddresses, settlementAbi } from '../generated/index.ts'
import { openChain, openDesk, PUBLISHED_KEY, publishedAddress, randomAddress } from './deploy-command.spec.fixture.ts'
import { isPublishedAccount } from './published-accounts.ts'

const steps = [
  ...['token', 'emission', 'settlement', 'evidence', 'registry', 'disputes', 'disputedReceipts'],
  'genesis mint',
] as const

test('deploys to the chain that is named, prints each step and writes what was deployed', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t)
  const { exitCode, printed, problem } = await desk.run({ 'rpc-url': chain.rpcUrl })
  assert.deepEqual([problem, exitCode], ['', 0])
  for (const step of steps)
    for (const status of ['sent', 'mined'])
      assert.ok(
        printed.some(line => line.startsWith(step) && line.includes(`: ${status} in transaction 0x`)),
        `${step} ${status}`,
      )
  const { parameters, deploymentBlock, ...rest } = desk.readRecord()
  assert.deepEqual(rest, { chainId: 31337, ...localAddresses })
  assert.deepEqual(parameters, {
    deployer: publishedAddress(0),
    poster: desk.roles.poster,
    guardian: desk.roles.guardian,
    distribution: desk.roles.distribution,
    ledgerSigner: desk.roles['ledger-signer'],
    windowSeconds: '7200',
    inboxAgeSeconds: '600',
    answerSeconds: '3600',
    roundsMax: '36',
    exitSeconds: '1209600',
    epochBondWei: '1000000000000000000000',
    askerBondWei: '2777777777777777777',
    compensationMaxMicrocredits: '1000000000',
    unbondSeconds: '1209600',
    genesisTreasuryWei: '50000000000000000000000000',
    firstNonce: 0,
  })
  const client = createPublicClient({ transport: http(chain.rpcUrl) })
  const settlement = { address: rest.settlement, abi: settlementAbi } as const
  assert.equal(await client.readContract({ ...settlement, functionName: 'poster' }), desk.roles.poster)
  assert.equal(String(await client.readContract({ ...settlement, functionName: 'deploymentBlock' })), deploymentBlock)
})

test('a dry run says what would be sent, with addresses, arguments and gas, and sends and writes nothing', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t)
  const rpc = { 'rpc-url': chain.rpcUrl }
  const { exitCode, printed, problem } = await desk.dryRun(rpc)
  assert.deepEqual([problem, exitCode], ['', 0])
  for (const [index, step] of steps.entries())
    assert.ok(
      printed.some(
        line => line.startsWith(step) && new RegExp(`: transaction ${index}, [1-9]\\d{4,6} gas\\.$`).test(line),
      ),
      step,
    )
  for (const argument of [
    `poster: ${desk.roles.poster}`,
    'windowSeconds: 7200',
    'unbondSeconds: 1209600',
    `ledgerSigner: ${desk.roles['ledger-signer']}`,
    'askerBondWei: 2777777777777777777',
  ])
    assert.ok(printed.includes(`  ${argument}`), argument)
  assert.ok(printed.some(line => line.includes(localAddresses.settlement)))
  assert.match(printed.at(-1) ?? '', /^\d{7,8} gas, at most .* Nothing was sent\.$/)
  assert.equal(await chain.request('eth_getTransactionCount', [publishedAddress(0), 'latest']), '0x0')
  assert.deepEqual(readdirSync(desk.folder), ['deployer.key'])
  await desk.run(rpc)
  const after = await desk.dryRun(rpc)
  assert.equal(after.printed.filter(line => line.endsWith(': stands already.')).length, steps.length)
  assert.match(after.printed.at(-1) ?? '', /^0 gas, /)
})

test('a dry run refuses what a run refuses', async t => {
  const chain = await openChain(t)
  const wrong = await openDesk(t, generatePrivateKey()).dryRun({ 'rpc-url': chain.rpcUrl, 'expect-chain-id': '1' })
  assert.deepEqual([wrong.exitCode, wrong.problem.split(':')[0]], [5, 'WRONG_CHAIN'])
  const usage = await openDesk(t).dryRun({ 'window-seconds': '0' })
  assert.deepEqual([usage.exitCode, usage.problem.split(':')[0]], [2, 'USAGE'])
})

test('run again, it verifies, sends nothing and leaves the file alone; without the file it writes it again', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t)
  const rpc = { 'rpc-url': chain.rpcUrl }
  await desk.run(rpc)
  const written = readFileSync(join(desk.folder, 'deployment.json'), 'utf8')
  const sent = await chain.request('eth_getTransactionCount', [publishedAddress(0), 'latest'])
  const again = await desk.run(rpc)
  assert.equal(again.exitCode, 0)
  assert.ok(again.printed.some(line => line.endsWith('Nothing was sent.')))
  assert.equal(again.printed.filter(line => line.endsWith(': found, done before.')).length, steps.length)
  assert.equal((await desk.run({ ...rpc, out: 'other.json' })).exitCode, 0)
  assert.equal(await chain.request('eth_getTransactionCount', [publishedAddress(0), 'latest']), sent)
  for (const file of ['deployment.json', 'other.json'])
    assert.equal(readFileSync(join(desk.folder, file), 'utf8'), written)
  assert.deepEqual(readdirSync(desk.folder).sort(), ['deployer.key', 'deployment.json', 'other.json'])
})

test('refuses other parameters than those that stand on the chain, and writes nothing', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t)
  await desk.run({ 'rpc-url': chain.rpcUrl })
  const changed = { 'rpc-url': chain.rpcUrl, 'window-seconds': '7201', out: 'other.json' }
  const { exitCode, problem } = await desk.run(changed)
  assert.equal(exitCode, 1)
  assert.match(problem, /^DEPLOYMENT_MISMATCH: .* the window in seconds 7200, and the parameters say 7201\.$/)
  assert.ok(!readdirSync(desk.folder).includes('other.json'))
})

test('refuses to lose the record of another deployment, before anything is sent', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t)
  for (const content of ['{}', 'notes', '{"deploymentBlock":"1"}']) {
    writeFileSync(join(desk.folder, 'deployment.json'), content)
    const { exitCode, problem } = await desk.run({ 'rpc-url': chain.rpcUrl })
    assert.deepEqual([exitCode, problem.split(':')[0]], [1, 'OUT_FILE_DIFFERS'])
    assert.equal(readFileSync(join(desk.folder, 'deployment.json'), 'utf8'), content)
  }
  assert.equal(await chain.request('eth_getTransactionCount', [publishedAddress(0), 'latest']), '0x0')
})

test('refuses a file in a folder that does not exist, and a folder', async t => {
  const desk = openDesk(t)
  for (const out of ['missing/deployment.json', '.']) {
    const { exitCode, problem } = await desk.run({ out })
    assert.deepEqual([exitCode, problem.split(':')[0]], [2, 'OUT_FILE_UNWRITABLE'])
  }
})

test('refuses a chain with another id, before anything is sent', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t, generatePrivateKey())
  const { exitCode, problem } = await desk.run({ 'rpc-url': chain.rpcUrl, 'expect-chain-id': '1' })
  assert.equal(exitCode, 5)
  assert.equal(problem, 'WRONG_CHAIN: The chain behind --rpc-url has id 31337, and 1 is expected.')
})

test('refuses each published account in every role off chain 31337', async t => {
  const desk = openDesk(t, generatePrivateKey())
  for (const index of Array.from({ length: 20 }, (_, i) => i)) assert.ok(isPublishedAccount(publishedAddress(index)))
  assert.equal(isPublishedAccount(randomAddress()), false)
  for (const [index, role] of ['poster', 'guardian', 'distribution', 'ledger signer'].entries()) {
    const address = publishedAddress(index * 6)
    for (const written of [address, address.toLowerCase()]) {
      const { exitCode, problem } = await desk.run({ 'expect-chain-id': '11155111', [role.replace(' ', '-')]: written })
      assert.equal(exitCode, 3)
      assert.ok(problem.startsWith(`PUBLISHED_ACCOUNT: The key of the ${role} ${address} is published`), problem)
    }
  }
  const { exitCode, problem } = await openDesk(t).run({ 'expect-chain-id': '11155111' })
  assert.equal(exitCode, 3)
  assert.match(problem, /^PUBLISHED_ACCOUNT: The key of the deployer /)
})

test('names every option that is missing', async t => {
  const desk = openDesk(t)
  const { exitCode, problem } = await desk.run({ poster: undefined, out: undefined })
  assert.equal(exitCode, 2)
  assert.equal(problem, 'USAGE: These options are missing: --poster, --out.\nSee --help.')
})

test('refuses options that cannot be meant', async t => {
  const desk = openDesk(t)
  for (const [name, value] of [
    ['rpc-url', 'ftp://127.0.0.1'],
    ['rpc-url', 'localhost:8545'],
    ['expect-chain-id', '0'],
    ['expect-chain-id', '0x7a69'],
    ['poster', '0x0000000000000000000000000000000000000000'],
    ['guardian', 'vitalik.eth'],
    ['distribution', '0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266'],
    ['ledger-signer', '0x0000000000000000000000000000000000000000'],
    ['ledger-signer', 'ledger'],
    ['window-seconds', '0'],
    ['window-seconds', '-1'],
    ['window-seconds', '31536001'],
    ['inbox-age-seconds', '3601'],
    ['inbox-age-seconds', '1.5'],
    ['answer-seconds', '0'],
    ['rounds-max', '65'],
    ['exit-seconds', '0'],
    ['exit-seconds', '799200'],
    ['exit-seconds', '315360001'],
    ['epoch-bond-wei', '0'],
    ['epoch-bond-wei', '359'],
    ['asker-bond-wei', '0'],
    ['asker-bond-wei', '2777777777777777778'],
    ['asker-bond-wei', ''],
    ['compensation-max-microcredits', '1000000000000001'],
    ['unbond-seconds', '0'],
    ['genesis-treasury-wei', '1'],
    ['genesis-treasury-wei', '150000000000000000000000001'],
    ['first-nonce', ''],
    ['out', ''],
    ['key', PUBLISHED_KEY],
  ] as const) {
    const { exitCode, problem } = await desk.run({ [name]: value })
    assert.equal(exitCode, 2, `${name} ${value}`)
    assert.ok(problem.startsWith('USAGE: ') && problem.includes(`--${name}`), problem)
  }
})

test('refuses a key file that others can reach, that is missing, or that is none', async t => {
  const desk = openDesk(t)
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    desk.setMode(mode)
    const { exitCode, problem } = await desk.run()
    assert.equal(exitCode, 3)
    assert.match(problem, new RegExp(`^KEY_FILE_EXPOSED: .* has mode 0${mode.toString(8)}, .*0600\\.$`))
  }
  desk.setMode(0o600)
  symlinkSync('nowhere', join(desk.folder, 'dangling'))
  for (const keyFile of [undefined, '', 'absent.key', 'dangling']) {
    const { exitCode, problem } = await desk.run({}, { keyFile })
    assert.deepEqual([exitCode, problem.split(':')[0]], [3, 'KEY_FILE_MISSING'])
  }
  const folder = await desk.run({}, { keyFile: desk.folder })
  assert.match(folder.problem, /^KEY_FILE_INVALID: /)
})

test('refuses what is no private key and never repeats it', async t => {
  for (const key of [
    '',
    `0x${'00'.repeat(32)}`,
    'ff'.repeat(32),
    `${PUBLISHED_KEY.slice(0, -1)}g`,
    PUBLISHED_KEY.slice(0, -2),
    `${PUBLISHED_KEY} ${PUBLISHED_KEY}`,
    `{"privateKey":"${PUBLISHED_KEY}"}`,
  ]) {
    const { exitCode, problem, printed } = await openDesk(t, key).run()
    assert.equal(exitCode, 3)
    assert.match(problem, /^KEY_FILE_INVALID: /)
    assert.ok(!`${problem}${printed.join('')}`.includes(PUBLISHED_KEY.slice(2, 20)))
  }
})

test('says that the chain does not answer, without the address, which may hold an access key', async t => {
  const { exitCode, problem } = await openDesk(t).run({ 'rpc-url': 'http://127.0.0.1:9/secret-access' })
  assert.equal(exitCode, 4)
  assert.match(problem, /^CHAIN_UNREACHABLE: /)
  assert.ok(!problem.includes('secret-access'))
})

test('says that the deployer cannot pay, and that its transactions went elsewhere', async t => {
  const chain = await openChain(t)
  const poor = await openDesk(t, generatePrivateKey()).run({ 'rpc-url': chain.rpcUrl })
  assert.equal(poor.exitCode, 1)
  assert.match(poor.problem, /^INSUFFICIENT_FUNDS: /)
  const desk = openDesk(t)
  const busy = await desk.run({ 'rpc-url': chain.rpcUrl, 'first-nonce': '3' })
  assert.equal(busy.exitCode, 1)
  assert.match(busy.problem, /^DEPLOYER_NONCE: token needs transaction 3 /)
})

test('refuses a poster that is a contract, which could never post', async t => {
  const chain = await openChain(t)
  const desk = openDesk(t)
  await desk.run({ 'rpc-url': chain.rpcUrl })
  const second = { 'rpc-url': chain.rpcUrl, 'first-nonce': String(steps.length), out: 'second.json' }
  const { exitCode, problem } = await desk.run({ ...second, poster: localAddresses.token })
  assert.deepEqual([exitCode, problem.split(':')[0]], [1, 'POSTER_HAS_CODE'])
  assert.equal(await chain.request('eth_getTransactionCount', [publishedAddress(0), 'latest']), '0x8')
  assert.equal((await desk.run(second)).exitCode, 0)
})
