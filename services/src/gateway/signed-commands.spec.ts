import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Message, type Purchase, purchaseType, type Signed, zeroAddress, zeroHash } from '@deparrow/ledger'
import {
  Actor,
  changeOf,
  digestOfEscrow,
  digestOfIou,
  digestOfPermission,
  escrowCapture,
  escrowOrder,
  escrowRelease,
  grantOf,
  iou,
  iouDefault,
  iouRedemption,
  permissionOf,
  referralOf,
  revocationOf,
  testStartMs,
  treasurerActor,
} from '@deparrow/ledger/testing'
import { type Gateway, startGateway } from './gateway.spec.fixture.ts'
import { type CommandName, commandNames, credit, inboxOf, send, sendRaw } from './signed-commands.spec.fixture.ts'

const alice = new Actor(0xa11ce)
const bob = new Actor(0xb0b)
const delegate = new Actor(0xde1)
const stranger = new Actor(0x57a)
const startSeconds = BigInt(testStartMs / 1000)

let gateway: Gateway
let nonce = 0n
const next = () => ++nonce

before(async () => {
  gateway = await startGateway()
  const record = inboxOf(gateway)
  await record('genesisRewards', zeroAddress, 5n * credit)
  await record('deposit', alice.address, 100n * credit)
  await record('deposit', bob.address, 10n * credit)
})

after(() => gateway.close())

function purchase(fields: Partial<Purchase>, signer = alice): Signed<Purchase> {
  const own = { wallet: alice.address, seller: bob.address, amountMicrocredits: credit, reference: zeroHash }
  const times = { lane: 0, nonce: next(), deadline: startSeconds + 600n }
  return signer.sign<Purchase>(purchaseType, { ...own, ...times, ...fields })
}

/** One message for each command, signed by somebody who may not. */
function forgeries(): Record<CommandName, Signed<Message>> {
  const forged = <M extends Message>(signed: Signed<M>) => ({ ...signed, signature: stranger.signDigest(zeroHash) })
  const escrow = { seller: bob.address, nonce: next() }
  return {
    transfer: forged(alice.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: next() })),
    buyService: forged(purchase({})),
    withdraw: forged(alice.withdrawal({ amountMicrocredits: 1n, nonce: next() })),
    instructPayouts: forged(alice.instruction()),
    openEscrow: forged(escrowOrder(alice, escrow)),
    captureEscrow: forged(escrowCapture(alice, zeroHash, 1n)),
    releaseEscrow: forged(escrowRelease(bob, zeroHash)),
    issueIou: forged(iou(alice, { creditor: bob.address, nonce: next() })),
    redeemIou: forged(iouRedemption(alice, { iou: zeroHash, amountMicrocredits: 1n, nonce: next() })),
    defaultIou: forged(iouDefault(bob, zeroHash)),
    grantPermission: forged(permissionOf(alice, delegate)),
    revokePermission: forged(revocationOf(alice, delegate, 1n)),
    grantCredits: forged(grantOf(alice.address, { nonce: next() })),
    recordReferral: forged(referralOf(alice, alice.address, bob.address)),
    changeConfig: forged(changeOf({ nonce: next() })),
  }
}

describe('every signed command', () => {
  for (const name of commandNames) {
    it(`${name} names the field of a message that is not as its type`, async () => {
      const signed = forgeries()[name]
      const answer = await send(gateway, name, signed, { surprise: '1' })
      assert.deepEqual([answer.__typename, answer.code, answer.field], ['Malformed', 'MALFORMED', 'surprise'])
      for (const message of [[], 'text', 7, { ['__proto__x']: 1 }]) {
        assert.equal((await sendRaw(gateway, name, message, signed.signature)).__typename, 'Malformed')
      }
      assert.match((await sendRaw(gateway, name, null, signed.signature)).errors[0].message, /must not be null/)
    })

    it(`${name} is refused under somebody else’s signature, and names who should have signed`, async () => {
      const answer = await send(gateway, name, forgeries()[name])
      assert.deepEqual([answer.__typename, answer.code], ['InvalidSignature', 'INVALID_SIGNATURE'])
      assert.match(answer.expectedSigner, /^0x[0-9a-fA-F]{40}$/)
    })
  }

  it('is refused with a signature that is none', async () => {
    const signed = alice.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: next() })
    const { message } = signed
    const answer = await send(gateway, 'transfer', { message, signature: '0x1234' })
    assert.deepEqual([answer.__typename, answer.field], ['Malformed', 'signature'])
    const { errors } = await send(gateway, 'transfer', { message, signature: 'hello' as '0x' })
    assert.match(errors[0].message, /hexadecimal/)
  })
})

describe('a refusal of a movement', () => {
  it('gives the time when a deadline is over or too far', async () => {
    const late = await send(gateway, 'buyService', purchase({ deadline: startSeconds }))
    assert.deepEqual([late.__typename, late.deadline], ['DeadlinePassed', new Date(testStartMs).toISOString()])
    const far = await send(gateway, 'buyService', purchase({ deadline: startSeconds + 40n * 86_400n }))
    assert.equal(far.__typename, 'DeadlineTooFar')
    assert.ok(Date.parse(far.latest) > testStartMs)
  })

  it('gives the last nonce of the lane', async () => {
    const lane = 7
    await send(gateway, 'buyService', purchase({ lane, nonce: 5n }))
    const used = await send(gateway, 'buyService', purchase({ lane, nonce: 5n, amountMicrocredits: 2n }))
    assert.deepEqual([used.__typename, used.code, used.lastNonce], ['NonceUsed', 'NONCE_USED', '5'])
  })

  it('gives what is needed and what there is', async () => {
    const poor = stranger.transfer({ to: bob.address, amountMicrocredits: 5n, nonce: 1n })
    const answer = await send(gateway, 'transfer', poor)
    assert.deepEqual([answer.__typename, answer.required, answer.available], ['InsufficientCredits', '5', '0'])
    assert.equal((await send(gateway, 'transfer', poor)).code, 'INSUFFICIENT_CREDITS')
  })

  it('stays "Refused" where the code says all: an amount of nothing, an escrow that is not, an IOU that is not due', async () => {
    const nothing = await send(gateway, 'buyService', purchase({ amountMicrocredits: 0n }))
    assert.deepEqual([nothing.__typename, nothing.code], ['Refused', 'AMOUNT_OUT_OF_RANGE'])
    const unknown = await send(gateway, 'captureEscrow', escrowCapture(alice, `0x${'ab'.repeat(32)}`, 1n))
    assert.deepEqual([unknown.__typename, unknown.code], ['Refused', 'UNKNOWN_ESCROW'])
    const promise = iou(alice, { creditor: bob.address, nonce: next() })
    assert.equal((await send(gateway, 'issueIou', promise)).__typename, 'Movement')
    const early = await send(gateway, 'defaultIou', iouDefault(bob, digestOfIou(promise)))
    assert.deepEqual([early.__typename, early.code], ['Refused', 'IOU_NOT_DUE'])
  })

  it('says what an escrow still holds and what an IOU still owes', async () => {
    const order = escrowOrder(alice, { seller: bob.address, nonce: next() })
    const escrow = digestOfEscrow(order)
    assert.equal((await send(gateway, 'openEscrow', order)).commandId, escrow)
    const tooMuch = await send(gateway, 'captureEscrow', escrowCapture(alice, escrow, credit + 1n))
    assert.deepEqual([tooMuch.__typename, tooMuch.held], ['EscrowExceeded', String(credit)])
    const promise = iou(alice, { creditor: bob.address, nonce: next() })
    await send(gateway, 'issueIou', promise)
    const id = { iou: digestOfIou(promise), nonce: next() }
    const paid = await send(gateway, 'redeemIou', iouRedemption(alice, { ...id, amountMicrocredits: credit + 1n }))
    assert.deepEqual([paid.__typename, paid.outstanding], ['IouExceeded', String(credit)])
  })

  it('of a delegate says which limit of the permission it meets', async () => {
    const permission = permissionOf(alice, delegate, { counterparties: [bob.address] })
    const granted = await send(gateway, 'grantPermission', permission)
    assert.equal(granted.commandId, digestOfPermission(permission))
    const elsewhere = await send(gateway, 'buyService', purchase({ seller: stranger.address, nonce: 1n }, delegate))
    assert.equal(elsewhere.__typename, 'CounterpartyNotAllowed')
    assert.equal(elsewhere.counterparty.toLowerCase(), stranger.address)
    const large = await send(gateway, 'buyService', purchase({ amountMicrocredits: credit + 1n, nonce: 2n }, delegate))
    assert.deepEqual(
      [large.__typename, large.cap, large.limit, large.used, large.requested],
      ['CapExceeded', 'job', String(credit), '0', String(credit + 1n)],
    )
    assert.equal((await send(gateway, 'buyService', purchase({ nonce: 3n }, delegate))).__typename, 'Movement')
    assert.equal((await send(gateway, 'revokePermission', revocationOf(alice, delegate, 1n))).__typename, 'Movement')
    const ended = await send(gateway, 'buyService', purchase({ nonce: 4n }, delegate))
    assert.deepEqual([ended.__typename, ended.expiredAt], ['PermissionExpired', new Date(testStartMs).toISOString()])
  })

  it('of the treasurer says what budget and day still allow, and when a change may count', async () => {
    const grant = grantOf(bob.address, { nonce: 1n, amountMicrocredits: 6n * credit })
    const empty = await send(gateway, 'grantCredits', grant)
    assert.deepEqual(
      [empty.__typename, empty.required, empty.available],
      ['RewardsExhausted', String(6n * credit), String(5n * credit)],
    )
    const day = await send(gateway, 'grantCredits', grantOf(bob.address, { nonce: 2n, amountMicrocredits: 10n ** 11n }))
    assert.deepEqual([day.__typename, day.limit, day.granted], ['GrantCapReached', '10000000000', '0'])
    const soon = await send(gateway, 'changeConfig', changeOf({ nonce: 3n, effectiveAt: startSeconds }))
    assert.equal(soon.__typename, 'ChangeTimeOutOfRange')
    assert.ok(Date.parse(soon.earliest) < Date.parse(soon.latest))
  })
})

describe('a signed command that is accepted', () => {
  it('tells its positions, the wallet after it, and on repetition that it is not new', async () => {
    const signed = purchase({})
    const first = await send(gateway, 'buyService', signed)
    assert.equal(first.__typename, 'Movement')
    assert.equal(first.firstPosition, first.position)
    assert.equal(first.repeated, false)
    assert.equal(first.wallet.address.toLowerCase(), alice.address)
    const second = await send(gateway, 'buyService', signed)
    assert.deepEqual([second.position, second.repeated], [first.position, true])
  })

  it('may be handed in by anybody, whoever is signed in', async () => {
    const order = escrowOrder(alice, { seller: bob.address, nonce: next() })
    await send(gateway, 'openEscrow', order)
    const released = await send(gateway, 'releaseEscrow', escrowRelease(bob, digestOfEscrow(order)))
    assert.equal(released.__typename, 'Movement')
    assert.equal(released.wallet.address.toLowerCase(), bob.address)
  })

  it('pays grants out of the budget, and announces a change', async () => {
    const granted = await send(gateway, 'grantCredits', grantOf(stranger.address, { nonce: 10n }))
    assert.deepEqual([granted.__typename, granted.wallet.available], ['Movement', String(credit)])
    const changed = await send(gateway, 'changeConfig', changeOf({ nonce: 11n, feeBasisPoints: 400 }))
    assert.equal(changed.wallet.address.toLowerCase(), treasurerActor.address)
    const query =
      '{ ledger { config { pricing { feeBasisPoints } pending { effectiveAt pricing { feeBasisPoints } } } } }'
    const { config } = (await gateway.ask(query)).data.ledger
    assert.deepEqual([config.pricing.feeBasisPoints, config.pending.pricing.feeBasisPoints], [500, 400])
  })

  it('pays promises and standing instructions, and withdraws', async () => {
    const promise = iou(alice, { creditor: bob.address, nonce: next() })
    await send(gateway, 'issueIou', promise)
    const part = { iou: digestOfIou(promise), amountMicrocredits: credit, nonce: next() }
    assert.equal((await send(gateway, 'redeemIou', iouRedemption(alice, part))).__typename, 'Movement')
    assert.equal(
      (await send(gateway, 'instructPayouts', bob.instruction({ minimumMicrocredits: 10n ** 15n }))).__typename,
      'Movement',
    )
    const withdrawn = await send(gateway, 'withdraw', bob.withdrawal({ amountMicrocredits: 1n, nonce: 1n }))
    assert.equal(withdrawn.__typename, 'Movement')
  })
})
