import {
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
  iouDefaultType,
  iouRedemptionType,
  iouType,
  purchaseType,
  transferType,
  withdrawalType,
  zeroHash,
} from '@deparrow/ledger'
import { type Maker, pickOf, type Work } from './work.ts'

const transfer: Maker = work => {
  const wallet = work.wallet()
  const signer = work.spender(wallet)
  const lane = work.lane()
  return {
    type: 'TransferCredits',
    transfer: work.sign(signer, transferType, {
      from: wallet.address,
      to: work.other(wallet).address,
      amountMicrocredits: work.amount(),
      lane,
      nonce: work.nonce(signer.address, wallet.address, lane),
      deadline: work.soon(5, 300),
    }),
  }
}

const purchase: Maker = work => {
  const wallet = work.wallet()
  const signer = work.spender(wallet)
  const lane = work.lane()
  return {
    type: 'BuyService',
    purchase: work.sign(signer, purchaseType, {
      wallet: wallet.address,
      seller: work.other(wallet).address,
      amountMicrocredits: work.amount(),
      reference: zeroHash,
      lane,
      nonce: work.nonce(signer.address, wallet.address, lane),
      deadline: work.soon(5, 300),
    }),
  }
}

const withdraw: Maker = work => {
  const wallet = work.wallet()
  const lane = work.lane()
  return {
    type: 'WithdrawCredits',
    withdrawal: work.sign(wallet, withdrawalType, {
      wallet: wallet.address,
      amountMicrocredits: work.amount(3),
      lane,
      nonce: work.nonce(wallet.address, wallet.address, lane),
      deadline: work.soon(5, 300),
    }),
  }
}

const openEscrow: Maker = work => {
  const wallet = work.wallet()
  const signer = work.spender(wallet)
  const lane = work.lane()
  const deadline = work.soon(5, 60)
  return {
    type: 'OpenEscrow',
    order: work.sign(signer, escrowOrderType, {
      wallet: wallet.address,
      seller: work.other(wallet).address,
      amountMicrocredits: work.amount(3),
      reference: zeroHash,
      expires: deadline + BigInt(work.random.between(0, 120)),
      lane,
      nonce: work.nonce(signer.address, wallet.address, lane),
      deadline,
    }),
  }
}

const captureEscrow: Maker = work => {
  const open = anyEscrow(work)
  if (open === undefined) return undefined
  const amountMicrocredits = work.random.pick([
    open.amountMicrocredits,
    open.amountMicrocredits / 2n + 1n,
    1n,
    open.amountMicrocredits + 1n,
  ])
  const message = { escrow: open.escrow, wallet: open.wallet, amountMicrocredits }
  const signer = work.partyOf(work.random.chance(0.7) ? open.openedBy : open.wallet)
  return { type: 'CaptureEscrow', capture: work.sign(signer, escrowCaptureType, message) }
}

const releaseEscrow: Maker = work => {
  const open = anyEscrow(work)
  if (open === undefined) return undefined
  const message = { escrow: open.escrow, seller: open.seller }
  return { type: 'ReleaseEscrow', release: work.sign(work.partyOf(open.seller), escrowReleaseType, message) }
}

function anyEscrow(work: Work) {
  return pickOf(
    work.random,
    work.states.flatMap(state => [...state.escrows.values()]),
  )
}

const issueIou: Maker = work => {
  const debtor = work.wallet()
  const lane = work.lane()
  return {
    type: 'IssueIou',
    iou: work.sign(debtor, iouType, {
      debtor: debtor.address,
      creditor: work.other(debtor).address,
      amountMicrocredits: work.amount(2),
      dueAt: work.soon(0, 60),
      reference: zeroHash,
      lane,
      nonce: work.nonce(debtor.address, debtor.address, lane),
      deadline: work.soon(5, 200),
    }),
  }
}

const redeemIou: Maker = work => {
  const open = anyIou(work)
  if (open === undefined) return undefined
  const [digest, { iou, outstandingMicrocredits }] = open
  const debtor = work.partyOf(iou.debtor)
  const lane = work.lane()
  return {
    type: 'RedeemIou',
    redemption: work.sign(debtor, iouRedemptionType, {
      iou: digest,
      debtor: iou.debtor,
      amountMicrocredits: work.random.pick([outstandingMicrocredits, outstandingMicrocredits / 2n + 1n]),
      lane,
      nonce: work.nonce(iou.debtor, iou.debtor, lane),
      deadline: work.soon(5, 200),
    }),
  }
}

const defaultIou: Maker = work => {
  const open = anyIou(work)
  if (open === undefined) return undefined
  const [digest, { iou }] = open
  const message = { iou: digest, creditor: iou.creditor }
  return { type: 'DefaultIou', declaration: work.sign(work.partyOf(iou.creditor), iouDefaultType, message) }
}

function anyIou(work: Work) {
  return pickOf(
    work.random,
    work.states.flatMap(state => [...state.ious]),
  )
}

/** Movements between wallets, into escrows and towards the chain, and promises of them. */
export const spendMakers = {
  transfer,
  purchase,
  withdraw,
  openEscrow,
  captureEscrow,
  releaseEscrow,
  issueIou,
  redeemIou,
  defaultIou,
} as const
