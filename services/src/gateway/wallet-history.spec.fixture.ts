import assert from 'node:assert/strict'
import type { Message, Signed } from '@deparrow/ledger'
import {
  Actor,
  digestOfEscrow,
  digestOfIou,
  escrowCapture,
  escrowOrder,
  iou,
  iouRedemption,
  permissionOf,
} from '@deparrow/ledger/testing'
import { Person, startGateway } from './gateway.spec.fixture.ts'
import { type CommandName, credit, inboxOf, send } from './signed-commands.spec.fixture.ts'

const numbers = { alice: 0xa11ce, bob: 0xb0b, delegate: 0xde1, stranger: 0x57a } as const

export const alice = new Actor(numbers.alice)
export const bob = new Actor(numbers.bob)
export const delegate = new Actor(numbers.delegate)

export const kept = escrowOrder(alice, { seller: bob.address, nonce: 1n })
export const captured = escrowOrder(alice, { seller: bob.address, nonce: 2n })
export const promise = iou(alice, { creditor: bob.address, nonce: 3n })
export const permission = permissionOf(alice, delegate)

/** A gateway whose journal tells a little of everything about Alice, with everybody's sessions. */
export async function startWithHistory() {
  const gateway = await startGateway()
  const tokens = {} as Record<keyof typeof numbers, string>
  for (const [name, number] of Object.entries(numbers)) {
    tokens[name as keyof typeof numbers] = await new Person(number).token(gateway)
  }
  const done = async (name: CommandName, signed: Signed<Message>) => {
    assert.equal((await send(gateway, name, signed)).__typename, 'Movement')
  }
  await inboxOf(gateway)('deposit', alice.address, 100n * credit)
  const deposit = gateway.ledger.head().position
  gateway.fixture.clock.ms += 1_000
  await done('openEscrow', kept)
  await done('openEscrow', captured)
  const escrows = gateway.ledger.head().position
  gateway.fixture.clock.ms += 1_000
  await done('captureEscrow', escrowCapture(alice, digestOfEscrow(captured), 400_000n))
  await done('issueIou', promise)
  await done('redeemIou', iouRedemption(alice, { iou: digestOfIou(promise), amountMicrocredits: 1n, nonce: 4n }))
  await done('grantPermission', permission)
  const spent = { to: bob.address, from: alice.address, amountMicrocredits: 7n, nonce: 1n }
  await done('transfer', delegate.transfer(spent))
  const end = gateway.ledger.head().position

  /** Asks for fields of Alice's wallet as it is after everything. */
  const ofAlice = async (fields: string, token?: string) => {
    const query = `query ($a: Address!, $p: BigInt) { wallet(address: $a, atLeastPosition: $p) { ${fields} } }`
    const { data, errors } = await gateway.ask(query, { a: alice.address, p: String(end) }, token)
    return { wallet: data?.wallet, code: errors[0]?.extensions?.code, errors }
  }
  /** Positions after the deposit, after both escrows, and after everything. */
  return { gateway, tokens, done, ofAlice, at: { deposit, escrows, end } }
}

export type WithHistory = Awaited<ReturnType<typeof startWithHistory>>
