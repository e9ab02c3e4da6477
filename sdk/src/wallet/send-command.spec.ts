import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Address, type Hex, zeroHash } from '@deparrow/ledger'
import { generatePrivateKey } from 'viem/accounts'
import type { CommandName } from '../api/commands.ts'
import { commandArguments } from '../api/commands.ts'
import { AnswerInvalidError } from '../errors.ts'
import { type Roots, startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import { type Arrived, arrive, movementOf, takingCommands } from '../testing/fake-ledger.spec.fixture.ts'
import { AgentWallet } from './agent-wallet.ts'
import { AnswerLostError } from './send-command.ts'

const other = `0x${'cd'.repeat(20)}` as Address
const id = `0x${'12'.repeat(32)}` as Hex

async function connected(t: TestContext, roots: Roots = {}) {
  const gateway = await startFakeGateway({ wallet: () => ({ lastNonce: null }), ...roots })
  t.after(() => gateway.close())
  const wallet = await AgentWallet.connect({ url: gateway.url, privateKey: generatePrivateKey() })
  return { gateway, wallet }
}

const amount = { amountMicrocredits: 5n }

/** Every command as its method sends it. */
const sendings: { readonly [N in CommandName]: (wallet: AgentWallet) => Promise<unknown> } = {
  transfer: wallet => wallet.transfer({ to: other, ...amount }),
  buyService: wallet => wallet.buyService({ seller: other, ...amount, reference: id }),
  withdraw: wallet => wallet.withdraw(amount),
  instructPayouts: wallet => wallet.instructPayouts({ minimumMicrocredits: 1n, intervalSeconds: 60 }),
  openEscrow: wallet => wallet.escrows.open({ seller: other, ...amount }),
  captureEscrow: wallet => wallet.escrows.capture({ escrow: id, ...amount }),
  releaseEscrow: wallet => wallet.escrows.release({ escrow: id }),
  issueIou: wallet => wallet.ious.issue({ creditor: other, dueInSeconds: 60, ...amount }),
  redeemIou: wallet => wallet.ious.redeem({ iou: id, ...amount }),
  defaultIou: wallet => wallet.ious.declareDefault({ iou: id }),
  grantPermission: wallet => wallet.permissions.grant({ delegate: other, ...caps }),
  revokePermission: wallet => wallet.permissions.revoke({ delegate: other }),
  grantCredits: wallet => wallet.treasury.grantCredits({ wallet: other, reason: 'welcome', ...amount }),
  recordReferral: wallet => wallet.treasury.recordReferral({ node: other, referrer: other }),
  changeConfig: wallet => wallet.treasury.changeConfig({ ...prices, effectiveAt: 1n }),
}

const caps = { jobMicrocreditsMax: 1n, hourMicrocreditsMax: 2n, dayMicrocreditsMax: 3n }

const prices = {
  cpuCoreHourMicrocredits: 1n,
  gpuHourMicrocredits: 1n,
  memoryGibHourMicrocredits: 1n,
  storageGibHourMicrocredits: 1n,
  egressGibMicrocredits: 1n,
  fuelCoreHourMicrocredits: 1n,
  feeBasisPoints: 500,
  burnBasisPoints: 8_000,
  grantDayMicrocreditsMax: 1n,
  uptimeDayMicrocreditsMax: 1n,
  referralMicrocreditsMax: 1n,
  bonusShareBasisPoints: 2_500,
}

for (const name of Object.keys(commandArguments) as CommandName[]) {
  test(`${name} carries the wallet’s signature over all of it`, async t => {
    const arrived: Arrived[] = []
    const { wallet } = await connected(t, takingCommands(arrived))
    assert.deepEqual(await sendings[name](wallet), {
      ok: true,
      commandId: arrived[0]?.digest,
      firstPosition: 9n,
      position: 9n,
      repeated: false,
      balance: {
        ...{ address: wallet.address, availableMicrocredits: 1n, heldMicrocredits: 2n, payableMicrocredits: 3n },
      },
    })
    assert.deepEqual(
      arrived.map(command => [command.name, command.signer]),
      [[name, wallet.address]],
    )
  })
}

test('what cannot be a field of the message is refused before anything is signed or sent', async t => {
  const arrived: Arrived[] = []
  const { wallet } = await connected(t, takingCommands(arrived))
  const long = 'x'.repeat(257)
  for (const [field, answer] of [
    ['to', wallet.transfer({ to: '0x12', ...amount })],
    ['amountMicrocredits', wallet.transfer({ to: other, amountMicrocredits: -1n })],
    ['amountMicrocredits', wallet.withdraw({ amountMicrocredits: 2n ** 64n })],
    ['lane', wallet.withdraw({ ...amount, lane: -1 })],
    ['reference', wallet.buyService({ seller: other, ...amount, reference: '0x12' })],
    ['reason', wallet.treasury.grantCredits({ wallet: other, reason: long, ...amount })],
    ['counterparties', wallet.permissions.grant({ delegate: other, ...caps, counterparties: Array(33).fill(other) })],
    ['commands.1.escrow', wallet.linked([{ transfer: { to: other, ...amount } }, { releaseEscrow: { escrow: '0x' } }])],
  ] as const) {
    const { ok, refusal } = (await answer) as { ok: boolean; refusal?: { code: string; field: string } }
    assert.deepEqual([ok, refusal?.code, refusal?.field], [false, 'MALFORMED', field])
  }
  assert.equal(arrived.length, 0)
})

test('a refusal has the data of its code', async t => {
  const code = { code: 'X', message: 'No.' }
  const refusals = [
    [
      { __typename: 'CapExceeded', cap: 'hour', limit: '5', used: '4', requested: '2' },
      { cap: 'hour', limitMicrocredits: 5n, usedMicrocredits: 4n, requestedMicrocredits: 2n },
    ],
    [{ __typename: 'CounterpartyNotAllowed', counterparty: other }, { counterparty: other }],
    [
      { __typename: 'PermissionExpired', delegate: other, expiredAt: 'then' },
      { delegate: other, expiredAt: 'then' },
    ],
    [{ __typename: 'EscrowExceeded', held: '5' }, { heldMicrocredits: 5n }],
    [{ __typename: 'IouExceeded', outstanding: '5' }, { outstandingMicrocredits: 5n }],
    [
      { __typename: 'RewardsExhausted', required: '5', available: '1' },
      { requiredMicrocredits: 5n, availableMicrocredits: 1n },
    ],
    [
      { __typename: 'CommandConflict', conflictId: id, field: 'link' },
      { conflictId: id, field: 'link' },
    ],
    [{ __typename: 'WrongShard', shard: 3 }, { shard: 3 }],
    [{ __typename: 'Refused' }, {}],
  ] as const
  for (const [shown, expected] of refusals) {
    const { wallet } = await connected(
      t,
      takingCommands([], () => ({ ...code, ...shown })),
    )
    assert.deepEqual(await wallet.transfer({ to: other, ...amount }), { ok: false, refusal: { ...code, ...expected } })
  }
})

test('a nonce that somebody else used meanwhile is replaced, three times at most', async t => {
  const used = { __typename: 'NonceUsed', code: 'NONCE_USED', message: 'No.', lastNonce: '7' }
  const arrived: Arrived[] = []
  const roots = takingCommands(arrived, () => (arrived.length < 3 ? used : undefined))
  const { wallet } = await connected(t, roots)
  assert.equal((await wallet.transfer({ to: other, ...amount })).ok, true)
  assert.equal(new Set(arrived.map(({ message }) => message['nonce'])).size, 3)
  const never: Arrived[] = []
  const refused = await connected(
    t,
    takingCommands(never, () => used),
  )
  const answer = await refused.wallet.transfer({ to: other, ...amount })
  assert.deepEqual([answer.ok, never.length], [false, 3])
})

test('a delegate names the wallet that it spends from, with nonces of its own for it', async t => {
  const arrived: Arrived[] = []
  const asked: Record<string, unknown>[] = []
  const { wallet } = await connected(t, {
    ...takingCommands(arrived),
    wallet: variables => ({
      lastNonce: (lane: object) => {
        asked.push({ ...variables, ...lane })
        return '41'
      },
    }),
  })
  assert.ok((await wallet.transfer({ wallet: other, to: wallet.address, ...amount })).ok)
  assert.ok((await wallet.escrows.open({ wallet: other, seller: wallet.address, ...amount })).ok)
  assert.ok((await wallet.transfer({ to: other, ...amount })).ok)
  const [transfer, escrow, own] = arrived
  assert.deepEqual(
    [transfer?.message['from'], transfer?.message['nonce'], transfer?.signer],
    [other, 42n, wallet.address],
  )
  assert.deepEqual([escrow?.message['wallet'], escrow?.message['nonce']], [other, 43n])
  assert.deepEqual([own?.message['from'], own?.message['nonce']], [wallet.address, 42n])
  assert.deepEqual(
    asked.map(({ address, signer }) => [address, signer]),
    [
      [other, wallet.address],
      [wallet.address, wallet.address],
    ],
  )
})

test('a command whose answer is lost is sent again as it was', async t => {
  const arrived: Arrived[] = []
  const { wallet, gateway } = await connected(t)
  gateway.hijack = async (_request, body, response) => {
    const { query, variables } = JSON.parse(new TextDecoder().decode(body))
    if (query.includes('wallet(address')) return void response.end('{"data":{"wallet":{"lastNonce":null}}}')
    const command = await arrive('transfer', variables.message, variables.signature)
    arrived.push(command)
    if (arrived.length < 3) return void response.destroy()
    response.end(JSON.stringify({ data: { transfer: { ...movementOf(command), repeated: true } } }))
  }
  const answer = await wallet.transfer({ to: other, ...amount })
  assert.ok(answer.ok && answer.repeated)
  assert.equal(arrived.length, 3)
  assert.deepEqual(arrived[0], arrived[2])
})

test('a command whose answer does not come at all can be handed in later, also by another wallet object, as it was', async t => {
  const { wallet, gateway } = await connected(t)
  gateway.hijack = (_request, body, response) => {
    if (new TextDecoder().decode(body).includes('wallet(address')) {
      return void response.end('{"data":{"wallet":{"lastNonce":null}}}')
    }
    response.destroy()
  }
  const error = await wallet.transfer({ to: other, ...amount }).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof AnswerLostError)
  assert.deepEqual([error.code, error.signed.command], ['NETWORK_UNREACHABLE', 'transfer'])
  const arrived: Arrived[] = []
  const later = await connected(t, takingCommands(arrived))
  const kept = JSON.parse(JSON.stringify(error.signed))
  const answer = await later.wallet.handIn(kept)
  assert.ok(answer.ok)
  assert.deepEqual([answer.commandId, arrived[0]?.signer], [error.commandId, wallet.address])
})

test('what is handed in must be a message of its command', async t => {
  const { wallet } = await connected(t, takingCommands([]))
  const signed = { command: 'transfer', message: { to: other }, signature: `0x${'11'.repeat(65)}` } as const
  await assert.rejects(wallet.handIn(signed), { code: 'MALFORMED_COMMAND' })
})

test('an answer about another command is not believed', async t => {
  const another = (command: Arrived) => ({ ...movementOf(command), commandId: zeroHash })
  const { wallet } = await connected(t, takingCommands([], another))
  await assert.rejects(wallet.transfer({ to: other, ...amount }), AnswerInvalidError)
})

test('linked commands are signed in their order with ascending nonces, together with what others have signed', async t => {
  const linked: Arrived[][] = []
  const roots: Roots = {
    linked: async variables => {
      const given: readonly Record<CommandName, { message: unknown; signature: unknown }>[] =
        variables['commands'] ?? []
      const members = await Promise.all(
        given.map(member => {
          const [name] = Object.keys(member) as [CommandName]
          return arrive(name, member[name].message, member[name].signature)
        }),
      )
      linked.push(members)
      const place = { firstPosition: '3', position: '6', repeated: false }
      return {
        __typename: 'LinkedMovement',
        linkId: 'link:0x',
        commandIds: members.map(({ digest }) => digest),
        ...place,
      }
    },
  }
  const { wallet } = await connected(t, roots)
  const seller = await connected(t)
  const theirs = await seller.wallet.sign('transfer', { to: wallet.address, ...amount })
  assert.ok(theirs.ok)
  const answer = await wallet.linked([
    { transfer: { to: other, ...amount } },
    { signed: theirs.signed },
    { openEscrow: { seller: other, ...amount, lane: 4 } },
    { withdraw: amount },
  ])
  assert.ok(answer.ok)
  const [members] = linked
  assert.deepEqual(
    answer.commandIds,
    members?.map(({ digest }) => digest),
  )
  assert.deepEqual(
    members?.map(({ name, message, signer }) => [name, message['nonce'], message['lane'], signer]),
    [
      ['transfer', 1n, 0, wallet.address],
      ['transfer', 1n, 0, seller.wallet.address],
      ['openEscrow', 1n, 4, wallet.address],
      ['withdraw', 2n, 0, wallet.address],
    ],
  )
})

test('a link that fails names the command and its reason', async t => {
  const reason = {
    __typename: 'InsufficientCredits',
    code: 'INSUFFICIENT_CREDITS',
    message: 'No.',
    required: '5',
    available: '1',
  }
  const failed = { __typename: 'LinkFailed', code: 'LINK_FAILED', message: 'Nothing.', index: 1, refusal: reason }
  const { wallet } = await connected(t, { linked: () => failed })
  const answer = await wallet.linked([{ transfer: { to: other, ...amount } }, { withdraw: amount }])
  assert.ok(!answer.ok)
  assert.deepEqual([answer.refusal.code, answer.refusal.index], ['LINK_FAILED', 1])
  assert.deepEqual(
    [answer.refusal.reason?.code, answer.refusal.reason?.requiredMicrocredits],
    ['INSUFFICIENT_CREDITS', 5n],
  )
})
