/** What it takes to ask, to answer, and to leave: whole transactions, as with the other figures. */
import { type JobOrder, jobOrderType, type Message, type UsageReceipt, usageReceiptType } from '@deparrow/ledger'
import { type Address, type Hex, keccak256, stringToHex, zeroHash } from 'viem'
import { own } from '../test/support/authority.ts'
import { debitEvidence } from '../test/support/evidence.ts'
import { type Actor, actor, signMessage } from '../test/support/messages.ts'
import {
  bitAt,
  encodeSiblings,
  entriesRoot,
  entryNode,
  entryProof,
  innerNode,
  type Leaf,
  leafNode,
  leafProof,
  noLeaf,
  type PlacedLeaf,
  placedLeaves,
  placeOf,
  placeOfName,
  treeOver,
} from '../test/support/trees.ts'
import { finalise, postRows } from './epochs.ts'
import type { GasFigure } from './figure.ts'
import type { Setting } from './setting.ts'

/** As deep as a leaf stands among a million accounts. */
const LEVELS = 20

/** What is beside a leaf on each level. No byte of it is zero: zeros are cheaper, and a figure should not come from them. */
const BESIDE = 4_210_752_257n

const DEBITED = 400n
const HELD = 500n

const someKey = (name: string): Hex => keccak256(stringToHex(name))

export async function disputeFigures(setting: Setting): Promise<readonly GasFigure[]> {
  const { demand, answer } = await setting.aside(() => leafGas(setting))
  const state = await setting.aside(() => stateGas(setting))
  const pointEntry = await setting.aside(() => entryGas(setting))
  const exitClaim = await setting.aside(() => exitGas(setting))
  return [
    { name: 'demand', gas: demand, unit: 'gas', budget: 80_000 },
    { name: 'answer', gas: answer, unit: 'gas', budget: 130_000 },
    { name: 'state', gas: state, unit: 'gas' },
    { name: 'point_entry', gas: pointEntry, unit: 'gas', budget: 150_000 },
    { name: 'exit_claim', gas: exitClaim.holding, unit: 'gas', budget: 90_000 },
    { name: 'exit_claim_empty_wallet', gas: exitClaim.empty, unit: 'gas' },
  ]
}

/** Demands a leaf that stands deep, and shows it. */
async function leafGas(setting: Setting): Promise<{ demand: number; answer: number }> {
  const { disputes, wallets, gasOf } = setting
  const { place, proof, epoch } = await postDeepLeaf(setting)
  const asker = { account: wallets.alice.account }
  const demand = await gasOf(disputes.write.demandLeaf([epoch, place, zeroHash], asker))
  const answer = await gasOf(disputes.write.answerLeaf([epoch, place, proof], { account: wallets.stranger.account }))
  return { demand, answer }
}

/** States an account whose leaf stands deep, as it did in the epoch before. */
async function stateGas(setting: Setting): Promise<number> {
  const { disputes, wallets, gasOf } = setting
  const opening = (await postDeepLeaf(setting)).proof
  const { place, proof: closing, epoch } = await postDeepLeaf(setting)
  await disputes.write.demandStatement([epoch, place, zeroHash], { account: wallets.alice.account })
  const { hash: root, sum } = entriesRoot([])
  const statement = { opening, closing, root, sum, holds: entryProof([], place) }
  return gasOf(disputes.write.state([epoch, place, statement], { account: wallets.poster.account }))
}

/**
 * Takes a leaf that stands deep out of the contract after the exit, for a wallet that holds DPC and for one that holds none.
 */
async function exitGas(setting: Setting): Promise<{ holding: number; empty: number }> {
  const { settlement, token, networkHelpers, wallets, gasOf, aside } = setting
  const { account, proof, epoch } = await postDeepLeaf(setting)
  await finalise(setting, epoch)
  await networkHelpers.time.increase(await settlement.read.exitSeconds())
  await settlement.write.startExit()
  const anybody = { account: wallets.stranger.account }
  const claim = () => gasOf(settlement.write.exitClaim([account, false, proof.leaf, proof.siblings], anybody))
  const alice = { account: wallets.alice.account }
  const heldWei = await token.read.balanceOf([account])
  const empty = await aside(async () => {
    await token.write.transfer([wallets.stranger.account.address, heldWei], alice)
    return claim()
  })
  return { holding: await claim(), empty }
}

/** An epoch in which alice's leaf has a sibling on each of the levels. */
async function postDeepLeaf(setting: Setting) {
  const account = setting.wallets.alice.account.address
  const place = placeOf(account)
  const leaf = { ...noLeaf, available: (await leavesTotal(setting)) - BESIDE * BigInt(LEVELS) }
  const beside = Array.from({ length: LEVELS }, (_, depth) => entryNode({ key: someKey(`${depth}`), value: BESIDE }))
  const top = beside.reduceRight(
    (node, sibling, depth) => (bitAt(place, depth) === 0 ? innerNode(node, sibling) : innerNode(sibling, node)),
    leafNode(place, leaf),
  )
  const { epoch } = await postRows(setting, [], top.hash)
  return { account, place, epoch, proof: { isEmpty: false, place, leaf, siblings: encodeSiblings(beside) } }
}

/** Shows a job's debit with the order and the receipt behind it. */
async function entryGas(setting: Setting): Promise<number> {
  const { settlement, disputes, wallets, publicClient, gasOf } = setting
  const verifyingContract = settlement.address.toLowerCase() as Address
  const domain = { chainId: await publicClient.getChainId(), verifyingContract }
  const [payer, node, payee] = [actor(1), actor(2), actor(3)]
  const order = await signMessage(jobOrderType, orderOf(payer) as Message, payer, domain)
  const receipt = await signMessage(usageReceiptType, receiptOf(order.digest, node) as Message, node, domain)

  const total = await leavesTotal(setting)
  const place = placeOf(payer.address)
  const standing = [{ key: order.digest, value: HELD }]
  const before = leavesOf(total, [[place, { ...noLeaf, available: 10_000n, held: HELD, holdsRoot: rootOf(standing) }]])
  const after = leavesOf(total, [
    [place, { ...noLeaf, available: 10_000n + HELD - DEBITED }],
    [placeOf(payee.address), { ...noLeaf, available: DEBITED }],
  ])
  await postRows(setting, [], treeOver(placedLeaves(before)).hash)
  const { epoch } = await postRows(setting, [], treeOver(placedLeaves(after)).hash)
  const entries = [
    { key: order.digest, value: DEBITED },
    ...['one', 'two', 'three'].map(name => ({ key: someKey(name), value: 0n })),
  ]
  const { hash: root, sum } = entriesRoot(entries)
  const [opening, closing] = [leafProof(before, place), leafProof(after, place)]

  await disputes.write.demandEntry([epoch, place, order.digest, zeroHash], { account: wallets.alice.account })
  const proof = { opening, closing, root, sum, holds: entryProof([], place) }
  await disputes.write.state([epoch, place, proof], { account: wallets.poster.account })
  const statement = { opening: opening.leaf, closing: closing.leaf, root, sum }
  const nothing = entryProof([], order.digest)
  const evidence = debitEvidence('job', {
    hold: {
      order: order.message,
      authority: own(order.signature),
      origin: {
        isStanding: true,
        openingHold: entryProof(standing, order.digest),
        lanes: { opening: nothing, closing: nothing },
      },
    },
    receipt: receipt.message,
    receiptSignature: receipt.signature,
    closingHold: nothing,
  })
  const shown = entryProof(entries, order.digest)
  const answering = disputes.write.answerEntry([epoch, place, order.digest, statement, shown, evidence], {
    account: wallets.stranger.account,
  })
  return gasOf(answering)
}

/** What the leaves of the next epoch have to sum up to. */
async function leavesTotal({ settlement }: Setting): Promise<bigint> {
  const { payoutsTotalMicrocredits, burnsTotalMicrocredits } = await settlement.read.epoch([
    await settlement.read.headEpoch(),
  ])
  const arrived = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
  return arrived - payoutsTotalMicrocredits - burnsTotalMicrocredits
}

const rootOf = (entries: Parameters<typeof entriesRoot>[0]): Hex => entriesRoot(entries).hash

/** These leaves, and the rest with the rewards. */
function leavesOf(total: bigint, leaves: readonly (readonly [Hex, Leaf])[]): readonly PlacedLeaf[] {
  const spread = leaves.reduce((sum, [, { available, held }]) => sum + available + held, 0n)
  const placed = leaves.map(([place, leaf]) => ({ place, leaf }))
  return [...placed, { place: placeOfName('rewards'), leaf: { ...noLeaf, available: total - spread } }]
}

const orderOf = (payer: Actor): JobOrder => ({
  payer: payer.address,
  engine: 'wasm',
  specDigest: someKey('spec'),
  maxPriceMicrocredits: HELD,
  bidMicrocredits: DEBITED,
  priority: 1,
  fuelMax: 1_000_000n,
  cpuMillicoresMax: 1_000,
  memoryBytesMax: 1_000_000_000n,
  wallMsMax: 60_000n,
  gpuCountMax: 0,
  storageBytesMax: 1_000_000n,
  egressBytesMax: 1_000_000n,
  deadline: 4_000_000_000n,
  graceSeconds: 60,
  lane: 0,
  nonce: 3n,
})

const receiptOf = (orderDigest: Hex, node: Actor): UsageReceipt => ({
  orderDigest,
  node: node.address,
  attempt: 1,
  sequence: 5n,
  outcome: 0,
  inputDigest: someKey('input'),
  outputDigest: someKey('output'),
  startedAtMs: 1_900_000_000_000n,
  endedAtMs: 1_900_000_001_000n,
  fuel: 1_000n,
  cpuMs: 1_000n,
  memoryBytesPeak: 1_000_000n,
  gpuMs: 0n,
  storageByteSeconds: 0n,
  egressBytes: 0n,
})
