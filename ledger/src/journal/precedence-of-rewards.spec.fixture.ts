import { type ConfigChange, configChangeType } from '../config/config-change.ts'
import { changeAheadSecondsMax } from '../config/decide.ts'
import { zeroAddress, zeroHash } from '../hex.ts'
import { type Grant, grantType } from '../rewards/grant.ts'
import { dayMs, dayOf, referralDaysMax } from '../rewards/node-rewards.ts'
import { type Referral, referralType } from '../rewards/referral.ts'
import { testConfig, treasurerActor } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { LedgerConfig } from './config.ts'
import {
  ann,
  type Broken,
  bob,
  cho,
  deadlineOf,
  deadlineRank,
  node,
  type PrecedenceCases,
  seal,
  stranger,
} from './precedence-case.spec.fixture.ts'

const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

/** Ann has 10 credits, and the rewards budget what is told. */
function funded(rewardsMicrocredits: bigint, config: LedgerConfig = testConfig): TestLedger {
  const ledger = new TestLedger(config)
  ledger.deposit(ann.address, 10_000_000n)
  const item = { index: 1, kind: 'genesisRewards', account: zeroAddress, place } as const
  ledger.accept({ type: 'RecordInboxItem', ...item, amountMicrocredits: rewardsMicrocredits })
  return ledger
}

/** The node has completed a job of 0.1 credits, and Cho has referred it where that is told. */
function worked({ isReferred }: { readonly isReferred: boolean }): TestLedger {
  const rewards = { ...testConfig.rewards, uptimeDayMicrocreditsMax: isReferred ? 0n : 1_000_000n }
  const ledger = funded(1_000_000n, { ...testConfig, rewards })
  ledger.settle(node.receipt(ledger.assigned(ann.order({ nonce: 1n }), node), {}))
  const deadline = BigInt(ledger.nowMs / 1000 + 600)
  const message = { node: node.address, wallet: node.address, referrer: cho.address, deadline }
  if (isReferred) ledger.accept({ type: 'RecordReferral', referral: node.sign<Referral>(referralType, message) })
  return ledger
}

/** The prices and limits as they are, announced anew for the time that breaks the rule on it, or does not. */
function change(broken: Broken, { nowMs }: TestLedger): ConfigChange {
  const aheadSeconds = broken.has('CHANGE_TIME_OUT_OF_RANGE') ? changeAheadSecondsMax + 1 : changeAheadSecondsMax
  const { rates, feeBasisPoints, burnBasisPoints, rewards } = testConfig
  return {
    treasurer: treasurerActor.address,
    ...rates,
    feeBasisPoints: broken.has('MALFORMED') ? 10_001 : feeBasisPoints,
    burnBasisPoints,
    ...rewards,
    effectiveAt: BigInt(nowMs / 1000 + aheadSeconds),
    lane: 0,
    nonce: broken.has('NONCE_USED') ? 1n : 2n,
  }
}

function grantOf(fields: Pick<Grant, 'amountMicrocredits' | 'nonce' | 'deadline'> & Partial<Grant>): Grant {
  return { treasurer: treasurerActor.address, wallet: bob.address, reason: 'a start', lane: 0, ...fields }
}

/** The treasurer has used nonce 1. */
function granted(rewardsMicrocredits: bigint): TestLedger {
  const ledger = funded(rewardsMicrocredits)
  const message = grantOf({ amountMicrocredits: 1n, nonce: 1n, deadline: BigInt(ledger.nowMs / 1000 + 600) })
  ledger.accept({ type: 'GrantCredits', grant: treasurerActor.sign<Grant>(grantType, message) })
  return ledger
}

export const rewardsAndPrices: PrecedenceCases = {
  ChangeConfig: {
    ranks: [['MALFORMED'], ['INVALID_SIGNATURE'], ['CHANGE_TIME_OUT_OF_RANGE'], ['NONCE_USED']],
    build: broken => {
      const ledger = granted(1n)
      const signed = seal(broken, configChangeType, change(broken, ledger), treasurerActor)
      return { ledger, command: { type: 'ChangeConfig', change: signed } }
    },
  },
  GrantCredits: {
    ranks: [
      ['MALFORMED'],
      ['INVALID_SIGNATURE'],
      deadlineRank,
      ['AMOUNT_OUT_OF_RANGE'],
      ['NONCE_USED'],
      ['GRANT_CAP_REACHED'],
      ['REWARDS_EXHAUSTED'],
    ],
    build: broken => {
      const cap = testConfig.rewards.grantDayMicrocreditsMax
      const ledger = granted(broken.has('REWARDS_EXHAUSTED') ? 1n : 2n * cap)
      const inCap = broken.has('GRANT_CAP_REACHED') ? cap : 5n
      const message = grantOf({
        amountMicrocredits: broken.has('AMOUNT_OUT_OF_RANGE') ? 0n : inCap,
        nonce: broken.has('NONCE_USED') ? 1n : 2n,
        deadline: deadlineOf(broken, ledger),
        wallet: broken.has('MALFORMED') ? zeroAddress : bob.address,
      })
      return { ledger, command: { type: 'GrantCredits', grant: seal(broken, grantType, message, treasurerActor) } }
    },
  },
  RecordReferral: {
    ranks: [
      ['MALFORMED'],
      ['INVALID_SIGNATURE'],
      deadlineRank,
      ['UNKNOWN_NODE'],
      ['REFERRAL_EXISTS'],
      ['REFERRAL_TOO_LATE'],
    ],
    apart: [
      ['UNKNOWN_NODE', 'REFERRAL_EXISTS'],
      ['UNKNOWN_NODE', 'REFERRAL_TOO_LATE'],
    ],
    build: broken => {
      const ledger = worked({ isReferred: broken.has('REFERRAL_EXISTS') })
      if (broken.has('REFERRAL_TOO_LATE')) ledger.nowMs += referralDaysMax * dayMs + 1_000
      const named = broken.has('UNKNOWN_NODE') ? stranger : node
      const referrer = broken.has('MALFORMED') ? zeroAddress : bob.address
      const parties = { node: named.address, wallet: node.address, referrer }
      const message: Referral = { ...parties, deadline: deadlineOf(broken, ledger) }
      return { ledger, command: { type: 'RecordReferral', referral: seal(broken, referralType, message, node) } }
    },
  },
  PayUptimeBonus: {
    ranks: [['UNKNOWN_NODE'], ['BONUS_NOT_DUE']],
    build: broken => {
      const ledger = worked({ isReferred: false })
      const day = dayOf(ledger.nowMs)
      if (!broken.has('BONUS_NOT_DUE')) ledger.nowMs += dayMs
      const named = broken.has('UNKNOWN_NODE') ? stranger : node
      return { ledger, command: { type: 'PayUptimeBonus', node: named.address, day } }
    },
  },
  PayReferralBonus: {
    ranks: [['UNKNOWN_NODE'], ['BONUS_NOT_DUE']],
    apart: [['UNKNOWN_NODE', 'BONUS_NOT_DUE']],
    build: broken => {
      const ledger = worked({ isReferred: !broken.has('BONUS_NOT_DUE') })
      const named = broken.has('UNKNOWN_NODE') ? stranger : node
      return { ledger, command: { type: 'PayReferralBonus', node: named.address } }
    },
  },
}
