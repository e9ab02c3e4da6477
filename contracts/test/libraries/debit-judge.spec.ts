import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  iouRedemptionType,
  type Message,
  type MessageType,
  purchaseType,
  type SpendPermission,
  type Transfer,
  transferType,
  withdrawalType,
} from '@deparrow/ledger'
import { type Hex, zeroAddress, zeroHash } from 'viem'
import { own } from '../support/authority.ts'
import {
  allow,
  type Books,
  caseFor,
  delegated,
  facts,
  judge,
  laneBooks,
  laneKey,
  laneProofs,
  PARENT_CLOSED_AT,
  PARENT_CUT,
  permissionOf,
} from '../support/cases.ts'
import { DEBIT_KIND, debitEvidence } from '../support/evidence.ts'
import { viem } from '../support/judges-chain.ts'
import { type Actor, actor, asStruct, digestOf } from '../support/messages.ts'
import { entryProof } from '../support/trees.ts'

const { revertWithCustomErrorWithArgs, revertWithCustomError } = viem.assertions
const wallet = actor(1)
const delegate = actor(2)
const stranger = actor(3)
const payee = actor(4)

type Answer = Promise<unknown>
const refuses = (answer: Answer, error: string) => revertWithCustomError(answer, judge, error as never)
const refusesWith = (answer: Answer, error: string, args: unknown[]) =>
  revertWithCustomErrorWithArgs(answer, judge, error as never, args as never)

const transfer: Transfer = {
  from: wallet.address,
  to: payee.address,
  amountMicrocredits: 500n,
  lane: 3,
  nonce: 10n,
  deadline: PARENT_CLOSED_AT + 1n,
}

type Spend = {
  message?: Partial<Transfer>
  signer?: Actor
  /** The lane of the signer in the opening and the closing leaf. */
  from?: bigint | undefined
  to?: bigint | undefined
  books?: Books
  key?: Hex
  debit?: bigint
  account?: Actor
  permission?: Partial<SpendPermission>
  giver?: Actor
}

/** Asks about a transfer that is good but for what a spec changes; by the wallet, or under a permission. */
async function judgeTransfer(changes: Spend): Promise<void> {
  const message = { ...transfer, ...changes.message }
  const signer = changes.signer ?? (changes.permission ? delegate : wallet)
  const { from, to } = { from: 9n, to: 10n, ...changes }
  const books = changes.books ?? laneBooks(signer.address, message.lane, from, to)
  const digest = digestOf(transferType, message)
  const signature = await signer.signDigest(digest)
  const permission = permissionOf(wallet.address, delegate.address, changes.permission)
  const authority = changes.permission
    ? await delegated(signature, permission, changes.giver ?? wallet)
    : own(signature)
  const lanes = laneProofs(books, signer.address, message.lane)
  const evidence = debitEvidence('transfer', { message: asStruct(transferType, message), authority, lanes })
  const self = caseFor((changes.account ?? wallet).address, books)
  await allow(self, changes.key ?? digest, changes.debit ?? message.amountMicrocredits, evidence)
}

describe('evidence', () => {
  it('is refused without a kind, and with a kind that there is not', async () => {
    const self = caseFor(wallet.address, laneBooks(wallet.address, 0, 0n, 0n))
    for (const evidence of [
      '0x',
      '0x00',
      `0x${'00'.repeat(31)}`,
      `0x${'00'.repeat(31)}09`,
      `0x${'ff'.repeat(32)}`,
    ] as Hex[])
      await refuses(allow(self, zeroHash, 1n, evidence), 'EvidenceInvalid')
    for (const kind of Object.values(DEBIT_KIND))
      await assert.rejects(allow(self, zeroHash, 1n, `0x${'00'.repeat(31)}0${kind}`), `kind ${kind} needs a struct`)
  })

  it('is not needed where nothing is debited', async () => {
    await allow(caseFor(wallet.address, laneBooks(wallet.address, 0, 0n, 0n)), zeroHash, 0n, '0x')
  })
})

describe('a debit by a transfer', () => {
  it('is refused under the key of another message', async () => {
    await refuses(judgeTransfer({ key: zeroHash }), 'MessageUnrelated')
  })

  it('is refused in the statement of another account', async () => {
    await refuses(judgeTransfer({ account: payee }), 'MessageUnrelated')
  })

  it('is refused with another amount than the message’s, more or less', async () => {
    await refusesWith(judgeTransfer({ debit: 501n }), 'AmountDiffers', [501n, 500n])
    await refusesWith(judgeTransfer({ debit: 499n }), 'AmountDiffers', [499n, 500n])
  })

  it('is refused when a stranger signed it, or nobody', async () => {
    await refuses(judgeTransfer({ signer: stranger }), 'SignerDiffers')
    const books = laneBooks(wallet.address, 3, 9n, 10n)
    const message = asStruct(transferType, transfer)
    const lanes = laneProofs(books, wallet.address, 3)
    const evidence = debitEvidence('transfer', { message, authority: own('0x'), lanes })
    await refuses(
      allow(caseFor(wallet.address, books), digestOf(transferType, transfer), 500n, evidence),
      'SignatureInvalid',
    )
  })

  it('is refused by the wallet’s signature beside a permission with any signature, however short', async () => {
    const books = laneBooks(wallet.address, 3, 9n, 10n)
    const digest = digestOf(transferType, transfer)
    const authority = { ...own(await wallet.signDigest(digest)), permissionSignature: '0x00' as Hex }
    const lanes = laneProofs(books, wallet.address, 3)
    const evidence = debitEvidence('transfer', { message: asStruct(transferType, transfer), authority, lanes })
    await refuses(allow(caseFor(wallet.address, books), digest, 500n, evidence), 'SignerDiffers')
  })

  it('is refused when its time was over as the epoch began', async () => {
    const deadline = PARENT_CLOSED_AT
    await refusesWith(judgeTransfer({ message: { deadline } }), 'MessageExpired', [deadline, PARENT_CLOSED_AT])
  })

  it('is refused with a nonce that was used before the epoch', async () => {
    await refusesWith(judgeTransfer({ from: 10n, to: 10n }), 'NonceUsed', [10n, 10n])
    await refusesWith(judgeTransfer({ from: 11n, to: 12n }), 'NonceUsed', [10n, 11n])
    await refusesWith(judgeTransfer({ message: { nonce: 0n }, from: 0n, to: 0n }), 'NonceUsed', [0n, 0n])
  })

  it('is refused with a nonce that the closing lane does not count', async () => {
    await refusesWith(judgeTransfer({ to: 9n }), 'NonceNotCounted', [10n, 9n])
    await refusesWith(judgeTransfer({ from: undefined, to: undefined }), 'NonceNotCounted', [10n, 0n])
    await refusesWith(judgeTransfer({ message: { nonce: 0n }, from: undefined, to: undefined }), 'NonceNotCounted', [
      0n,
      0n,
    ])
  })

  it('is refused when the lanes shown are not the leaf’s', async () => {
    const books = laneBooks(wallet.address, 3, 9n, 10n)
    const digest = digestOf(transferType, transfer)
    const message = asStruct(transferType, transfer)
    const authority = own(await wallet.signDigest(digest))
    const { opening, closing } = laneProofs(books, wallet.address, 3)
    for (const lanes of [
      { opening: { ...opening, value: 8n }, closing },
      { opening, closing: { ...closing, value: 11n } },
      { opening: closing, closing },
      { opening: entryProof(books.lanes.opening, laneKey(wallet.address, 4)), closing },
    ]) {
      const evidence = debitEvidence('transfer', { message, authority, lanes })
      const answer = allow(caseFor(wallet.address, books), digest, 500n, evidence)
      await assert.rejects(answer, /RootDiffers|OtherStandsElsewhere/)
    }
  })

  it('is allowed by the wallet’s signature, with any fresh nonce, also 0 in a new lane', async () => {
    await judgeTransfer({})
    const last = 2n ** 64n - 1n
    await judgeTransfer({ to: last })
    await judgeTransfer({ message: { nonce: last }, from: last - 1n, to: last })
    await judgeTransfer({ from: undefined })
    await judgeTransfer({ message: { nonce: 0n }, from: undefined, to: 0n })
  })
})

describe('a delegate’s transfer', () => {
  it('is refused without a permission', async () => {
    await refuses(judgeTransfer({ signer: delegate }), 'SignerDiffers')
  })

  it('is refused when another key than the delegate’s signed it', async () => {
    await refuses(judgeTransfer({ signer: stranger, permission: {} }), 'SignerDiffers')
    await refuses(judgeTransfer({ permission: { delegate: stranger.address } }), 'SignerDiffers')
  })

  it('is refused under a permission that the wallet did not sign', async () => {
    await refuses(judgeTransfer({ permission: {}, giver: delegate }), 'SignerDiffers')
    const other = judgeTransfer({ permission: { wallet: stranger.address }, giver: stranger })
    await refuses(other, 'PermissionOfOther')
  })

  it('is refused above what the permission allows at once', async () => {
    const permission = { jobMicrocreditsMax: 499n }
    await refusesWith(judgeTransfer({ permission }), 'PermissionExceeded', [500n, 499n])
    await judgeTransfer({ permission: { jobMicrocreditsMax: 500n } })
  })

  it('is refused to somebody whom the permission does not name', async () => {
    await refuses(judgeTransfer({ permission: { counterparties: [stranger.address] } }), 'CounterpartyNotAllowed')
    const zero = judgeTransfer({ message: { to: zeroAddress }, permission: { counterparties: [payee.address] } })
    await refuses(zero, 'CounterpartyNotAllowed')
    await judgeTransfer({ permission: { counterparties: [stranger.address, payee.address] } })
  })

  it('is refused when the permission had expired as the epoch began', async () => {
    const expires = PARENT_CLOSED_AT
    await refusesWith(judgeTransfer({ permission: { expires } }), 'PermissionExpired', [expires, PARENT_CLOSED_AT])
  })

  it('is refused when an item below the parent’s cut revoked the permission, or a later one', async () => {
    for (const nonce of [5n, 6n]) {
      await facts.write.setRevocation([wallet.address, delegate.address, nonce, PARENT_CUT - 1n])
      await refusesWith(judgeTransfer({ permission: {} }), 'PermissionRevoked', [nonce, PARENT_CUT - 1n])
    }
    await facts.write.setRevocation([wallet.address, delegate.address, 0n, 0n])
  })

  it('is allowed when only an older permission was revoked, or by an item from the parent’s cut on', async () => {
    for (const [nonce, index] of [
      [4n, PARENT_CUT - 1n],
      [5n, PARENT_CUT],
      [0n, 0n],
    ] as const) {
      await facts.write.setRevocation([wallet.address, delegate.address, nonce, index])
      await judgeTransfer({ permission: {} })
    }
  })

  it('is refused when the first item of the inbox revoked the permission, and not without any', async () => {
    await facts.write.setRevocation([wallet.address, delegate.address, 0n, PARENT_CUT])
    await judgeTransfer({ permission: { nonce: 0n } })
    await facts.write.setRevocation([wallet.address, delegate.address, 0n, 0n])
    await refusesWith(judgeTransfer({ permission: { nonce: 0n } }), 'PermissionRevoked', [0n, 0n])
  })

  it('uses up the delegate’s own lane, not the wallet’s', async () => {
    const books = laneBooks(wallet.address, 3, 9n, 10n)
    await refuses(judgeTransfer({ permission: {}, books }), 'NonceNotCounted')
    await judgeTransfer({ permission: {} })
  })
})

type Plain = { kind: 'purchase' | 'redemption' | 'withdrawal'; type: MessageType; message: Message; payer: string }

const signedByWallet = { amountMicrocredits: 500n, lane: 3, nonce: 10n, deadline: PARENT_CLOSED_AT + 1n }

const plain: readonly Plain[] = [
  {
    kind: 'purchase',
    type: purchaseType,
    message: { ...signedByWallet, wallet: wallet.address, seller: payee.address, reference: zeroHash },
    payer: 'wallet',
  },
  {
    kind: 'redemption',
    type: iouRedemptionType,
    message: { ...signedByWallet, debtor: wallet.address, iou: zeroHash },
    payer: 'debtor',
  },
  { kind: 'withdrawal', type: withdrawalType, message: { ...signedByWallet, wallet: wallet.address }, payer: 'wallet' },
]

for (const { kind, type, message: base, payer } of plain) {
  describe(`a debit by a ${kind}`, () => {
    const books = laneBooks(wallet.address, 3, 9n, 10n)

    async function judgeIt(
      changes: Message = {},
      { signer = wallet, debit = 500n, key }: { signer?: Actor; debit?: bigint; key?: Hex } = {},
    ): Promise<void> {
      const message = { ...base, ...changes }
      const digest = digestOf(type, message)
      const signature = await signer.signDigest(digest)
      const lanes = laneProofs(books, wallet.address, 3)
      const signed = kind === 'purchase' ? { authority: own(signature) } : { signature }
      const evidence = debitEvidence(kind, { message: asStruct(type, message), ...signed, lanes })
      await allow(caseFor(wallet.address, books), key ?? digest, debit, evidence)
    }

    it('is refused when it is unrelated, of another amount, expired, used, not counted or signed by another', async () => {
      await refuses(judgeIt({}, { key: zeroHash }), 'MessageUnrelated')
      await refuses(judgeIt({ [payer]: stranger.address }, { signer: stranger }), 'MessageUnrelated')
      await refuses(judgeIt({}, { debit: 501n }), 'AmountDiffers')
      await refuses(judgeIt({}, { debit: 499n }), 'AmountDiffers')
      await refuses(judgeIt({ deadline: PARENT_CLOSED_AT }), 'MessageExpired')
      await refuses(judgeIt({ nonce: 9n }), 'NonceUsed')
      await refuses(judgeIt({ nonce: 11n }), 'NonceNotCounted')
      await refuses(judgeIt({}, { signer: stranger }), 'SignerDiffers')
      await assert.rejects(judgeIt({ lane: 4 }), /RootDiffers|OtherStandsElsewhere/)
    })

    it('is allowed by the wallet’s signature', async () => {
      await judgeIt()
    })
  })
}

describe('a purchase by a delegate', () => {
  async function judgePurchase(permission: Partial<SpendPermission>): Promise<void> {
    const [{ message }] = plain as [Plain]
    const digest = digestOf(purchaseType, message)
    const books = laneBooks(delegate.address, 3, 9n, 10n)
    const given = permissionOf(wallet.address, delegate.address, permission)
    const authority = await delegated(await delegate.signDigest(digest), given, wallet)
    const lanes = laneProofs(books, delegate.address, 3)
    const evidence = debitEvidence('purchase', { message: asStruct(purchaseType, message), authority, lanes })
    await allow(caseFor(wallet.address, books), digest, 500n, evidence)
  }

  it('is refused beyond its permission, and allowed within it', async () => {
    await refuses(judgePurchase({ jobMicrocreditsMax: 499n }), 'PermissionExceeded')
    await refuses(judgePurchase({ counterparties: [wallet.address] }), 'CounterpartyNotAllowed')
    await refuses(judgePurchase({ expires: PARENT_CLOSED_AT }), 'PermissionExpired')
    await judgePurchase({ counterparties: [payee.address] })
  })
})
