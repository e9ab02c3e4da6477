import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jobOrderType, usageReceiptType } from '@deparrow/ledger'
import { type Hex, numberToHex, zeroHash } from 'viem'
import {
  allow,
  allowHold,
  type Books,
  CLOSED_AT,
  caseFor,
  delegated,
  facts,
  judge,
  laneKey,
  laneProofs,
  noProof,
  PARENT_CLOSED_AT,
  PARENT_CUT,
  permissionOf,
} from '../support/cases.ts'
import { isCoverageRun } from '../support/constants.ts'
import { debitEvidence, holdEvidence } from '../support/evidence.ts'
import { publicClient, viem } from '../support/judges-chain.ts'
import { actor, asStruct, digestOf, hashText } from '../support/messages.ts'
import {
  delegate,
  type Escrow,
  escrowCase,
  type Job,
  jobCase,
  jobOrder,
  node,
  type Placed,
  receiptOf,
  seller,
  stranger,
  wallet,
} from '../support/orders.ts'
import { entryProof } from '../support/trees.ts'

const { revertWithCustomErrorWithArgs, revertWithCustomError } = viem.assertions
type Answer = Promise<unknown>
const refuses = (answer: Answer, error: string) => revertWithCustomError(answer, judge, error as never)
const refusesWith = (answer: Answer, error: string, args: unknown[]) =>
  revertWithCustomErrorWithArgs(answer, judge, error as never, args as never)

async function judgeJob(changes: Job): Promise<void> {
  const { self, key, debit, evidence } = await jobCase(changes)
  await allow(self, key, debit, evidence)
}

async function judgeEscrow(changes: Escrow): Promise<void> {
  const { self, key, debit, evidence } = await escrowCase(changes)
  await allow(self, key, debit, evidence)
}

async function judgeHold(kind: 'job' | 'escrow', changes: Job & Escrow & { amount?: bigint }): Promise<void> {
  const { self, key, hold } = await (kind === 'job' ? jobCase(changes as Job) : escrowCase(changes as Escrow))
  await allowHold(self, key, changes.amount ?? 500n, holdEvidence(kind, hold))
}

const kinds = [
  { name: 'a debit by a job', judgeIt: judgeJob as (changes: Placed) => Promise<void> },
  { name: 'a debit by an escrow', judgeIt: judgeEscrow as (changes: Placed) => Promise<void> },
  { name: 'a hold of a job', judgeIt: (changes: Placed) => judgeHold('job', changes) },
  { name: 'a hold of an escrow', judgeIt: (changes: Placed) => judgeHold('escrow', changes) },
]

for (const { name, judgeIt } of kinds) {
  describe(`${name}, by its order`, () => {
    it('is refused under another key, and for another account', async () => {
      await refuses(judgeIt({ key: zeroHash }), 'MessageUnrelated')
      await refuses(judgeIt({ account: stranger }), 'MessageUnrelated')
    })

    it('is refused when somebody else signed the order, fresh or standing', async () => {
      for (const stands of [false, true]) {
        await refuses(judgeIt({ stands, signer: stranger }), 'SignerDiffers')
        await refuses(judgeIt({ stands, signer: stranger, permission: {} }), 'SignerDiffers')
        await refuses(judgeIt({ stands, permission: { wallet: stranger.address } }), 'PermissionOfOther')
      }
    })

    it('is refused when the order neither stands in the opening holds nor is fresh', async () => {
      await refuses(judgeIt({ from: 10n }), 'NonceUsed')
      await refuses(judgeIt({ to: 9n }), 'NonceNotCounted')
      await refuses(judgeIt({ stands: true, openingHold: undefined }), 'NotIncluded')
    })

    it('is refused when the order stands in the opening holds with another amount', async () => {
      await refusesWith(judgeIt({ stands: true, openingHold: 499n }), 'AmountDiffers', [499n, 500n])
    })

    it('is refused when its delegate may not spend as much, fresh or standing', async () => {
      for (const stands of [false, true])
        await refuses(judgeIt({ stands, permission: { jobMicrocreditsMax: 499n } }), 'PermissionExceeded')
    })

    it('is refused fresh under a permission that had expired or was revoked', async () => {
      await refuses(judgeIt({ permission: { expires: PARENT_CLOSED_AT } }), 'PermissionExpired')
      await facts.write.setRevocation([wallet.address, delegate.address, 5n, PARENT_CUT - 1n])
      await refuses(judgeIt({ permission: {} }), 'PermissionRevoked')
      await facts.write.setRevocation([wallet.address, delegate.address, 0n, 0n])
    })

    it('is allowed fresh and standing, by the wallet and by a delegate', async () => {
      for (const stands of [false, true]) {
        await judgeIt({ stands })
        await judgeIt({ stands, permission: {} })
      }
    })

    it('is allowed by the wallet whatever a permission beside its signature says that nobody signed', async () => {
      const unsigned = { counterparties: [stranger.address], engines: ['docker'] }
      for (const stands of [false, true]) await judgeIt({ stands, unsigned })
    })

    it('is allowed by an order that stood when the permission behind it ended', async () => {
      await facts.write.setRevocation([wallet.address, delegate.address, 5n, PARENT_CUT - 1n])
      await judgeIt({ stands: true, permission: { expires: PARENT_CLOSED_AT - 100n } })
      await facts.write.setRevocation([wallet.address, delegate.address, 0n, 0n])
    })
  })
}

describe('a debit by a job', () => {
  it('is refused above the highest price', async () => {
    await refusesWith(judgeJob({ debit: 501n }), 'AmountDiffers', [501n, 500n])
    await judgeJob({ debit: 1n })
  })

  it('is refused without a receipt of its node for this order', async () => {
    await refuses(judgeJob({ receipt: { orderDigest: zeroHash } }), 'MessageUnrelated')
    await refuses(judgeJob({ receiptBy: stranger }), 'SignerDiffers')
  })

  it('is refused while its hold stands in the closing leaf', async () => {
    await refuses(judgeJob({ closingHold: 500n }), 'NotAbsent')
    await refuses(judgeJob({ stands: true, closingHold: 0n }), 'NotAbsent')
  })

  it('is refused fresh when the order had expired', async () => {
    await refuses(judgeJob({ order: { deadline: PARENT_CLOSED_AT } }), 'MessageExpired')
    await judgeJob({ stands: true, order: { deadline: PARENT_CLOSED_AT } })
  })

  it('is refused on an engine, or by a node, that the permission does not name', async () => {
    for (const stands of [false, true]) {
      await refusesWith(judgeJob({ stands, permission: { engines: ['docker'] } }), 'EngineNotAllowed', [
        hashText('wasm'),
      ])
      await refuses(judgeJob({ stands, permission: { counterparties: [seller.address] } }), 'CounterpartyNotAllowed')
      await judgeJob({ stands, permission: { engines: ['docker', 'wasm'], counterparties: [node.address] } })
    }
  })
})

describe('a debit by an escrow', () => {
  it('is refused with another amount than the capture’s, or one above the escrow', async () => {
    await refusesWith(judgeEscrow({ debit: 399n }), 'AmountDiffers', [399n, 400n])
    const above = judgeEscrow({ capture: { amountMicrocredits: 501n }, debit: 501n })
    await refusesWith(above, 'AmountDiffers', [501n, 500n])
    await judgeEscrow({ capture: { amountMicrocredits: 500n }, debit: 500n })
  })

  it('is refused with the capture of another escrow, or of another wallet', async () => {
    await refuses(judgeEscrow({ capture: { escrow: zeroHash } }), 'MessageUnrelated')
    await refuses(judgeEscrow({ capture: { wallet: stranger.address }, captureBy: stranger }), 'CaptureByOther')
  })

  it('is refused when neither the wallet nor the opener captured it', async () => {
    await refuses(judgeEscrow({ captureBy: seller }), 'SignerDiffers')
    await refuses(judgeEscrow({ capturePermission: {} }), 'CaptureByOther')
    await refuses(judgeEscrow({ permission: {}, captureBy: stranger, capturePermission: {} }), 'CaptureByOther')
  })

  it('is refused when the opener’s permission ended before the epoch', async () => {
    const ended = judgeEscrow({ stands: true, permission: {}, capturePermission: { expires: PARENT_CLOSED_AT } })
    await refuses(ended, 'PermissionExpired')
    await facts.write.setRevocation([wallet.address, delegate.address, 5n, PARENT_CUT - 1n])
    await refuses(judgeEscrow({ stands: true, permission: {}, capturePermission: {} }), 'PermissionRevoked')
    await facts.write.setRevocation([wallet.address, delegate.address, 0n, 0n])
  })

  it('is refused while its hold stands in the closing leaf', async () => {
    await refuses(judgeEscrow({ closingHold: 100n }), 'NotAbsent')
  })

  it('is refused to a seller that the permission does not name', async () => {
    const counterparties = [node.address]
    await refuses(judgeEscrow({ permission: { counterparties } }), 'CounterpartyNotAllowed')
    await judgeEscrow({ permission: { counterparties: [seller.address] } })
  })

  it('is allowed by the wallet for its delegate, and by the opener under a later permission', async () => {
    await judgeEscrow({ permission: {} })
    await judgeEscrow({ permission: {}, capturePermission: {} })
    const later = { nonce: 9n, jobMicrocreditsMax: 0n, counterparties: [node.address] }
    await judgeEscrow({ stands: true, permission: { expires: 1n }, capturePermission: later })
  })
})

describe('a hold', () => {
  it('is refused with another amount than its order’s', async () => {
    for (const kind of ['job', 'escrow'] as const)
      for (const amount of [0n, 499n, 501n, 2n ** 128n - 1n])
        await refusesWith(judgeHold(kind, { amount }), 'AmountDiffers', [amount, 500n])
  })

  it('is refused when its end had come as the epoch closed', async () => {
    const job = judgeHold('job', { stands: true, order: { deadline: CLOSED_AT - 1n, graceSeconds: 1 } as never })
    await refusesWith(job, 'HoldEnded', [CLOSED_AT, CLOSED_AT])
    const escrow = judgeHold('escrow', { stands: true, order: { expires: CLOSED_AT } as never })
    await refusesWith(escrow, 'HoldEnded', [CLOSED_AT, CLOSED_AT])
  })

  it('is judged with every end that a message can say', async () => {
    await judgeHold('job', { order: { deadline: 2n ** 64n - 1n, graceSeconds: 2 ** 32 - 1 } as never })
  })

  it('of one kind is not allowed by the other’s order', async () => {
    const { self, key, hold } = await escrowCase({})
    await assert.rejects(allowHold(self, key, 500n, holdEvidence('escrow', hold).replace('01', '00') as Hex))
    await refuses(allowHold(self, key, 500n, `0x${'00'.repeat(31)}02`), 'EvidenceInvalid')
  })

  it('of a job may be of a delegate whose permission names nodes: which one runs it is not known yet', async () => {
    await judgeHold('job', { permission: { counterparties: [seller.address] } })
    await refuses(judgeHold('job', { permission: { engines: ['docker'] } }), 'EngineNotAllowed')
    await refuses(judgeHold('escrow', { permission: { counterparties: [node.address] } }), 'CounterpartyNotAllowed')
  })
})

/** What an answer costs by a delegate whose permission names as much as it can, when something stands beside each level of every way. */
async function gasAtDepth(depth: number): Promise<bigint> {
  const counterparties = [...Array.from({ length: 31 }, (_, index) => actor(100 + index).address), node.address]
  const permission = permissionOf(wallet.address, delegate.address, { counterparties, engines: ['docker', 'wasm'] })
  const digest = digestOf(jobOrderType, jobOrder)
  const key = laneKey(delegate.address, 3)
  const beside = (way: Hex) =>
    Array.from({ length: depth }, (_, level) => ({
      key: numberToHex(BigInt(way) ^ (1n << BigInt(255 - level)), { size: 32 }),
      value: 1n,
    }))
  const books: Books = {
    lanes: { opening: [...beside(key), { key, value: 9n }], closing: [...beside(key), { key, value: 10n }] },
    holds: { opening: [], closing: beside(digest) },
  }
  const authority = await delegated(await delegate.signDigest(digest), permission, wallet)
  const receipt = receiptOf(digest)
  const lanes = laneProofs(books, delegate.address, 3)
  const origin = { isStanding: false, openingHold: noProof, lanes }
  const evidence = debitEvidence('job', {
    hold: { order: asStruct(jobOrderType, jobOrder), authority, origin },
    receipt: asStruct(usageReceiptType, receipt),
    receiptSignature: await node.signDigest(digestOf(usageReceiptType, receipt)),
    closingHold: entryProof(books.holds.closing, digest),
  })
  const self = caseFor(wallet.address, books)
  await allow(self, digest, 500n, evidence)
  const args = [self, digest, 500n, evidence] as const
  return publicClient.estimateContractGas({ ...judge, functionName: 'requireAllowed', args, account: stranger.address })
}

describe('the gas of the dearest answer', { skip: isCoverageRun }, () => {
  it('stays below what a block has, however deep the trees, and below half a million as deep as keys can be found by search', async () => {
    const [searched, deepest] = [await gasAtDepth(40), await gasAtDepth(128)]
    console.log(`      ${searched} gas at 40 levels, ${deepest} at 128`)
    assert.ok(searched < 500_000n, `${searched} gas at 40 levels`)
    assert.ok(deepest < 1_000_000n, `${deepest} gas at 128 levels`)
  })
})
