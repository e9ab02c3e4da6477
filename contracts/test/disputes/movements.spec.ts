import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  escrowCaptureType,
  escrowOrderType,
  iouRedemptionType,
  iouType,
  type Message,
  type MessageType,
  payoutInstructionType,
  purchaseType,
  transferType,
  withdrawalType,
} from '@deparrow/ledger'
import { concatHex, encodeAbiParameters, type Hex, keccak256, numberToHex, stringToHex, zeroHash } from 'viem'
import { alice, viem } from '../support/judges-chain.ts'
import { actor, asStruct, digestOf, structFields } from '../support/messages.ts'
import { placeOf, placeOfPayable } from '../support/trees.ts'
import { acceptanceOf } from './certified.ts'
import { ledger, loadDisputed } from './disputed-chain.ts'
import { bobAddress, FORCED_INDEX, happen, inboxKey } from './scenario.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError } = viem.assertions
const asAlice = { account: alice.account }
const payer = actor(1).address
const payee = actor(2).address

/** The numbers of `MovementKind` in `src/disputes/Demand.sol`. */
const KIND = {
  transfer: 0,
  purchase: 1,
  redemption: 2,
  escrow: 3,
  capture: 4,
  withdrawal: 5,
  instruction: 6,
  forced: 7,
} as const

/** Messages, one after another, as the contracts decode them: their structs have no dynamic fields. */
const encoded = (...messages: readonly (readonly [MessageType, object])[]): Hex =>
  concatHex(
    messages.map(([type, message]) => {
      const fields = structFields(type)
      const struct = asStruct(type, message as Message)
      return encodeAbiParameters(
        fields,
        fields.map(({ name }) => struct[name]),
      )
    }),
  )

const common = { lane: 1, nonce: 2n, deadline: 3n }
const transfer = { from: payer, to: payee, amountMicrocredits: 5n, ...common }
const purchase = { wallet: payer, seller: payee, amountMicrocredits: 6n, reference: zeroHash, ...common }
const escrow = { ...purchase, expires: 9n }
const iou = { debtor: payer, creditor: payee, amountMicrocredits: 7n, dueAt: 8n, reference: zeroHash, ...common }
const withdrawal = { wallet: payer, amountMicrocredits: 8n, ...common }
const instruction = { wallet: payer, minimumMicrocredits: 9n, intervalSeconds: 10, expires: 11n, nonce: 12n }

async function withJudge() {
  const contracts = await loadDisputed()
  const judge = await viem.getContractAt('Judge', await contracts.disputes.read.judge())
  const digest = (type: MessageType, message: object) => digestOf(type, message as Message, contracts.domain)
  return { contracts, judge, digest }
}

const places = { debtorPlace: placeOf(payer), creditorPlace: placeOf(payee) }
const toPayable = { debtorPlace: placeOf(payer), creditorPlace: placeOfPayable(payer) }

describe('whom a movement debits and credits', () => {
  it('is not read from a redemption of another IOU, or from a capture of another escrow', async () => {
    const { contracts, judge, digest } = await withJudge()
    const { disputes } = contracts
    const iouDigest = digest(iouType, iou)
    for (const redemption of [
      { iou: zeroHash, debtor: payer, amountMicrocredits: 1n, ...common },
      { iou: iouDigest, debtor: payee, amountMicrocredits: 1n, ...common },
    ]) {
      const reading = judge.read.movementOf([KIND.redemption, encoded([iouRedemptionType, redemption], [iouType, iou])])
      await reverts(reading, disputes, 'IouUnrelated', [redemption.iou as Hex, iouDigest])
    }
    const escrowDigest = digest(escrowOrderType, escrow)
    for (const capture of [
      { escrow: zeroHash, wallet: payer, amountMicrocredits: 1n },
      { escrow: escrowDigest, wallet: payee, amountMicrocredits: 1n },
    ]) {
      const message = encoded([escrowOrderType, escrow], [escrowCaptureType, capture])
      const reading = judge.read.movementOf([KIND.capture, message])
      await reverts(reading, disputes, 'CaptureUnrelated', [capture.escrow as Hex, escrowDigest])
    }
  })

  it('is not read from an inbox item that is no forced withdrawal', async () => {
    const { contracts, judge } = await withJudge()
    const reading = judge.read.movementOf([KIND.forced, numberToHex(0, { size: 32 })])
    await reverts(reading, contracts.disputes, 'ItemUnrelated', [0n, 1])
  })

  it('is what each kind of message says', async () => {
    const { judge, digest } = await withJudge()
    const redemption = { iou: digest(iouType, iou), debtor: payer, amountMicrocredits: 4n, ...common }
    const capture = { escrow: digest(escrowOrderType, escrow), wallet: payer, amountMicrocredits: 3n }
    const cases: [number, Hex, object][] = [
      [KIND.transfer, encoded([transferType, transfer]), said(digest(transferType, transfer), 5n)],
      [KIND.purchase, encoded([purchaseType, purchase]), said(digest(purchaseType, purchase), 6n)],
      [
        KIND.redemption,
        encoded([iouRedemptionType, redemption], [iouType, iou]),
        said(digest(iouRedemptionType, redemption), 4n),
      ],
      [KIND.escrow, encoded([escrowOrderType, escrow]), said(digest(escrowOrderType, escrow), 0n)],
      [
        KIND.capture,
        encoded([escrowOrderType, escrow], [escrowCaptureType, capture]),
        { ...said(digest(escrowOrderType, escrow), 3n), digest: digest(escrowCaptureType, capture) },
      ],
      [
        KIND.withdrawal,
        encoded([withdrawalType, withdrawal]),
        { key: digest(withdrawalType, withdrawal), digest: zeroHash, ...toPayable, amountMicrocredits: 8n },
      ],
      [
        KIND.instruction,
        concatHex([encoded([payoutInstructionType, instruction]), numberToHex(44, { size: 32 })]),
        {
          key: keccak256(
            concatHex([
              stringToHex('instruction'),
              digest(payoutInstructionType, instruction),
              numberToHex(44, { size: 8 }),
            ]),
          ),
          digest: zeroHash,
          ...toPayable,
          amountMicrocredits: 0n,
        },
      ],
    ]
    for (const [kind, message, expected] of cases)
      assert.deepEqual(await judge.read.movementOf([kind, message]), expected)
  })

  it('is, for a forced withdrawal, the wallet that asked and its payouts', async () => {
    const { contracts } = await happen()
    const judge = await viem.getContractAt('Judge', await contracts.disputes.read.judge())
    assert.deepEqual(await judge.read.movementOf([KIND.forced, numberToHex(FORCED_INDEX, { size: 32 })]), {
      key: inboxKey(FORCED_INDEX),
      digest: zeroHash,
      debtorPlace: placeOf(bobAddress),
      creditorPlace: placeOfPayable(bobAddress),
      amountMicrocredits: 0n,
    })
  })
})

describe('an acceptance', () => {
  it('of what is no payment to somebody else is no ground for a credit', async () => {
    const { contracts, posted } = await happen()
    const { disputes, domain } = contracts
    const acceptance = { digest: zeroHash, position: 15n, isAccepted: true, atMs: 1n }
    const shown = await acceptanceOf(domain, acceptance, ledger)
    for (const kind of [KIND.escrow, KIND.withdrawal, KIND.instruction, KIND.forced]) {
      const asking = disputes.write.demandAccepted([posted.epoch, kind, '0x', shown, zeroHash], asAlice)
      await reverts(asking, disputes, 'MovementKindInvalid', [kind])
    }
  })

  it('of a transfer, a purchase or a redemption asks for what it pays', async () => {
    const { contracts, posted } = await happen()
    const { disputes, domain } = contracts
    const digest = (type: MessageType, message: object) => digestOf(type, message as Message, domain)
    const redemption = { iou: digest(iouType, iou), debtor: payer, amountMicrocredits: 4n, ...common }
    const cases: [number, Hex, Hex, bigint][] = [
      [KIND.transfer, encoded([transferType, transfer]), digest(transferType, transfer), 5n],
      [KIND.purchase, encoded([purchaseType, purchase]), digest(purchaseType, purchase), 6n],
      [
        KIND.redemption,
        encoded([iouRedemptionType, redemption], [iouType, iou]),
        digest(iouRedemptionType, redemption),
        4n,
      ],
    ]
    for (const [kind, message, key, value] of cases) {
      const shown = await acceptanceOf(domain, { digest: key, position: 15n, isAccepted: true, atMs: 1n })
      await disputes.write.demandAccepted([posted.epoch, kind, message, shown, zeroHash], asAlice)
      const [event] = await disputes.getEvents.Demanded()
      assert.deepEqual(event?.args.question, { epoch: posted.epoch, kind: 6, place: placeOf(payee), key, value })
    }
  })

  it('of an escrow’s capture asks for the captured amount, and that of its order is none of the capture', async () => {
    const { contracts, posted } = await happen()
    const { disputes, domain } = contracts
    const escrowDigest = digestOf(escrowOrderType, escrow as Message, domain)
    const capture = { escrow: escrowDigest, wallet: payer, amountMicrocredits: 3n }
    const captureDigest = digestOf(escrowCaptureType, capture as Message, domain)
    const message = encoded([escrowOrderType, escrow], [escrowCaptureType, capture])
    const ask = async (digest: Hex) => {
      const shown = await acceptanceOf(domain, { digest, position: 15n, isAccepted: true, atMs: 1n })
      return disputes.write.demandAccepted([posted.epoch, KIND.capture, message, shown, zeroHash], asAlice)
    }
    await reverts(ask(escrowDigest), disputes, 'AcceptanceUnrelated', [captureDigest, escrowDigest])
    await ask(captureDigest)
    const [event] = await disputes.getEvents.Demanded()
    const expected = { epoch: posted.epoch, kind: 6, place: placeOf(payee), key: escrowDigest, value: 3n }
    assert.deepEqual(event?.args.question, expected)
    await revertWithCustomError(ask(captureDigest), disputes, 'DemandKnown')
  })
})

function said(digest: Hex, amountMicrocredits: bigint) {
  return { key: digest, digest, ...places, amountMicrocredits }
}
