import {
  configChangeType,
  dayOf,
  grantType,
  nodeRegistrationType,
  payoutInstructionType,
  permissionRevocationType,
  referralType,
  spendPermissionType,
} from '@deparrow/ledger'
import { parties } from './party.ts'
import type { Maker } from './work.ts'

const registerNode: Maker = work => {
  const node = work.random.pick(parties.nodes)
  const payoutWallet = work.reserve.nodes.get(node.address)?.payoutWallet
  const signer = payoutWallet === undefined ? node : work.partyOf(payoutWallet)
  const message = {
    node: node.address,
    payoutWallet: work.wallet().address,
    nonce: work.nonce('0x0000000000000000000000000000000000000001', node.address, 0),
    deadline: work.soon(5, 200),
  }
  return { type: 'RegisterNode', registration: work.sign(signer, nodeRegistrationType, message) }
}

const grantPermission: Maker = work => {
  const { random } = work
  const wallet = work.wallet()
  const delegate = random.pick(parties.delegates)
  const limit = work.amount(4)
  const message = {
    wallet: wallet.address,
    delegate: delegate.address,
    jobMicrocreditsMax: limit,
    hourMicrocreditsMax: limit * 3n,
    dayMicrocreditsMax: limit * 5n,
    counterparties: random.chance(0.7) ? [] : [work.other(wallet).address, random.pick(parties.nodes).address],
    engines: random.chance(0.8) ? [] : [random.pick(['wasm', 'docker'])],
    expires: work.soon(20, 7_200),
    nonce: work.nonce(delegate.address, wallet.address, -1),
  }
  return { type: 'GrantPermission', permission: work.sign(wallet, spendPermissionType, message) }
}

const revokePermission: Maker = work => {
  const wallet = work.wallet()
  const [delegate] = work.home(wallet.address).delegates.get(wallet.address) ?? []
  if (delegate === undefined) return undefined
  const nonce = work.home(wallet.address).delegations.get(`${wallet.address}:${delegate}`)?.lastNonce ?? 1n
  const message = { wallet: wallet.address, delegate, nonce: nonce + BigInt(work.random.below(2)) }
  const signer = work.random.chance(0.7) ? wallet : work.partyOf(delegate)
  return { type: 'RevokePermission', revocation: work.sign(signer, permissionRevocationType, message) }
}

const changeConfig: Maker = work => {
  const { random } = work
  const rate = (): bigint => BigInt(random.between(0, 60_000_000))
  const { address: treasurer } = parties.treasurer
  const message = {
    treasurer,
    cpuCoreHourMicrocredits: rate(),
    gpuHourMicrocredits: rate(),
    memoryGibHourMicrocredits: rate(),
    storageGibHourMicrocredits: rate(),
    egressGibMicrocredits: rate(),
    fuelCoreHourMicrocredits: rate(),
    feeBasisPoints: random.between(0, random.chance(0.95) ? 2_000 : 20_000),
    burnBasisPoints: random.between(0, 10_000),
    grantDayMicrocreditsMax: work.amount(50),
    uptimeDayMicrocreditsMax: 100_000_000n,
    referralMicrocreditsMax: 500_000_000n,
    bonusShareBasisPoints: random.between(0, 2_500),
    effectiveAt: work.soon(random.chance(0.9) ? 22 : 5, 60),
    lane: 0,
    nonce: work.nonce(treasurer, treasurer, 0),
  }
  return { type: 'ChangeConfig', change: work.sign(parties.treasurer, configChangeType, message) }
}

const grantCredits: Maker = work => {
  const { address: treasurer } = parties.treasurer
  const message = {
    treasurer,
    wallet: work.wallet().address,
    amountMicrocredits: work.amount(20),
    reason: 'welcome',
    lane: 1,
    nonce: work.nonce(treasurer, treasurer, 1),
    deadline: work.soon(5, 200),
  }
  return { type: 'GrantCredits', grant: work.sign(parties.treasurer, grantType, message) }
}

const uptimeBonus: Maker = work => {
  const today = dayOf(work.nowMs())
  const worked = [...work.reserve.rewards].flatMap(([node, { days }]) => days.map(({ day }) => ({ node, day })))
  const over = worked.filter(({ day }) => day < today)
  if (over.length > 0 && work.random.chance(0.8)) return { type: 'PayUptimeBonus', ...work.random.pick(over) }
  return { type: 'PayUptimeBonus', node: work.random.pick(parties.nodes).address, day: today - work.random.below(3) }
}

const referralBonus: Maker = work => ({ type: 'PayReferralBonus', node: work.random.pick(parties.nodes).address })

const recordReferral: Maker = work => {
  const node = work.random.pick(parties.nodes)
  const payoutWallet = work.reserve.nodes.get(node.address)?.payoutWallet
  if (payoutWallet === undefined) return undefined
  const message = {
    node: node.address,
    wallet: payoutWallet,
    referrer: work.wallet().address,
    deadline: work.soon(5, 200),
  }
  return { type: 'RecordReferral', referral: work.sign(work.partyOf(payoutWallet), referralType, message) }
}

const instructPayouts: Maker = work => {
  const wallet = work.wallet()
  const message = {
    wallet: wallet.address,
    minimumMicrocredits: work.amount(30),
    intervalSeconds: work.random.between(0, 120),
    expires: work.soon(-10, 600),
    nonce: work.nonce(wallet.address, wallet.address, -2),
  }
  return { type: 'InstructPayouts', instruction: work.sign(wallet, payoutInstructionType, message) }
}

const payByInstruction: Maker = work => ({ type: 'PayByInstruction', wallet: work.wallet().address })

/** Who may do what, for how much, and what the network gives. */
export const ruleMakers = {
  registerNode,
  grantPermission,
  revokePermission,
  changeConfig,
  grantCredits,
  uptimeBonus,
  referralBonus,
  recordReferral,
  instructPayouts,
  payByInstruction,
} as const
