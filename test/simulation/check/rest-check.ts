import { inspect, isDeepStrictEqual } from 'node:util'
import { headEpochOf } from '@deparrow/services/testing'
import type { Sim } from '../engine/sim.ts'
import { parties } from '../work/party.ts'
import type { World } from '../world.ts'

/** What must come about by itself once nothing fails any more, and what still stands in its way. */
export function restlessness(world: World): string | undefined {
  return (
    unansweredCommand(world) ??
    missingWriter(world) ??
    unpublished(world) ??
    unconsumed(world) ??
    unfolded(world) ??
    unfollowedJournal(world) ??
    unfollowedChain(world) ??
    unclearedShards(world) ??
    overdueEnd(world)
  )
}

function unansweredCommand({ clients, commandsLeft }: World): string | undefined {
  const unanswered = clients.reduce((count, client) => count + client.unanswered, 0)
  if (commandsLeft > 0) return `${commandsLeft} commands are still to be sent`
  return unanswered === 0 ? undefined : `${unanswered} commands are not answered`
}

function missingWriter({ ledgers, names }: World): string | undefined {
  const orphan = ledgers.findIndex(hosts => !hosts.some(({ ledger }) => ledger !== undefined))
  return orphan === -1 ? undefined : `${names[orphan]} has no writer`
}

function unpublished({ check, readers }: World): string | undefined {
  const behind = check.journals.find(({ shard, stored }) => readers.publishedPosition(shard) < stored.length)
  return (
    behind &&
    `the bus has ${readers.publishedPosition(behind.shard)} of ${behind.stored.length} events of ${behind.shard}`
  )
}

function unconsumed({ check, consumers }: World): string | undefined {
  const behind = consumers.find(({ parts, state }) => state.position < check.journal(parts.shard).stored.length)
  return behind && `the consumer of ${behind.parts.shard} is at ${behind.state.position}`
}

function unfolded({ check, projection }: World): string | undefined {
  const behind = check.journals.findIndex(({ stored }, number) => (projection.folded.get(number) ?? 0) < stored.length)
  return behind === -1
    ? undefined
    : `the projections of ${check.journals[behind]?.shard} are at ${projection.folded.get(behind)}`
}

function unfollowedJournal({ check, gateways }: World): string | undefined {
  const isBehind = ({ ledgers }: World['gateways'][number]): boolean =>
    check.journals.some(({ stored }, shard) => (ledgers[shard]?.head().position ?? 0) < stored.length)
  const behind = gateways.find(isBehind)
  return behind && `${behind.machine.name} does not follow`
}

function unfollowedChain({ chain, check, settlements }: World): string | undefined {
  const alarm = settlements.map(({ follower, poster }) => follower?.chainAlarm ?? poster?.posterAlarm).find(Boolean)
  if (alarm !== undefined) return `settlement raises ${alarm.code}`
  const state = check.journals[0]?.replica.state
  if (state === undefined) return 'there is no journal'
  const { inbox, payees, finalEpoch, epochs, claimed } = chain.chain.contract
  const head = headEpochOf(chain.chain.contract)
  if (state.inboxCount < inbox.length) return `${state.inboxCount} of ${inbox.length} inbox items are counted`
  if (state.payees.size < payees.length) return `${state.payees.size} of ${payees.length} payees are known`
  if (state.lastEpochNumber < epochs.length) return `epoch ${epochs.length} of the chain is unknown to the journal`
  if (state.lastEpochFinal < head) return `epoch ${head} of the chain is not final in the journal`
  if (state.lastEpochFinal !== finalEpoch)
    return `epoch ${finalEpoch} is final, the journal knows of ${state.lastEpochFinal}`
  const closed = state.lastEpoch?.epoch ?? 0
  if (closed !== state.lastEpochFinal) return `epoch ${closed} is closed and not final`
  const unclaimed = [...claimed].find(
    ([wallet, amount]) => (state.payouts.get(wallet)?.claimedMicrocredits ?? 0n) < amount,
  )
  return unclaimed && `a claim of ${unclaimed[0]} is not counted`
}

function unclearedShards({ check }: World): string | undefined {
  const inFlight = check.cut()?.inFlightMicrocredits ?? 0n
  return inFlight === 0n ? undefined : `${inFlight} µcr are between the shards`
}

/** A hold, an escrow or a change of prices whose time is over on the clocks of all of its shard's machines. */
function overdueEnd({ check, ledgers }: World): string | undefined {
  const overdue = check.journals.find(({ replica }, shard) => {
    const nowMs = Math.min(...(ledgers[shard] ?? []).map(({ machine }) => machine.nowMs()))
    return (replica.state.expiries.peek()?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs
  })
  return overdue && `${overdue.replica.state.expiries.peek()?.id} of ${overdue.shard} is overdue`
}

/** What must be true of a world at rest whose last hold has had its time. */
export async function checkAtRest(sim: Sim, world: World): Promise<void> {
  for (const [number, { shard, ends, stored }] of world.check.journals.entries()) {
    const open = ends.open.size
    sim.require(open === 0, 'nothing stays open beyond its time', () => `${open} holds of ${shard} are open`)
    const consumer = world.consumers.find(({ parts }) => parts.shard === shard)
    if (consumer !== undefined) world.readers.compare(shard, consumer.state)
    const folded = await world.projection.compare(number, shard)
    sim.require(
      folded === stored.length,
      'projections catch up',
      () => `${folded} of ${stored.length} events of ${shard}`,
    )
    sim.count('events', stored.length)
  }
  await checkWallets(sim, world)
  checkChain(sim, world)
}

/** What a wallet is told by the projections is what the ledger tells it. */
async function checkWallets(sim: Sim, { gateways, projection }: World): Promise<void> {
  const desk = gateways.find(gateway => gateway.desk !== undefined)?.desk
  if (desk === undefined) return
  for (const { address } of parties.wallets) {
    const [own, projected] = [desk.balance(address), await projection.balance(address)]
    const isSame = isDeepStrictEqual(own, projected)
    sim.require(isSame, 'projections are the fold of the journal', () => `${address}: ${inspect([own, projected])}`)
  }
}

/** Every µcr that the contract holds is one that the ledger owes, and for the same reason. */
function checkChain(sim: Sim, { chain, check }: World): void {
  const { inbox, epochs, claimed, cumulative } = chain.chain.contract
  const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n)
  const burnt = sum(epochs.filter(({ isCancelled }) => !isCancelled).map(({ header }) => header.burnMicrocredits))
  const onChain = sum(inbox) - sum(claimed.values()) - burnt
  const reserve = sum(check.journals.map(({ books }) => books.balances.get('reserve') ?? 0n))
  sim.require(
    onChain === reserve,
    'chain and ledger add up',
    () => `the contract has ${onChain} µcr, the reserve ${reserve} µcr`,
  )
  const payouts = check.journals[0]?.replica.state.payouts
  for (const { address } of parties.wallets) {
    const own = payouts?.get(address)
    const [posted, paid] = [cumulative.get(address) ?? 0n, claimed.get(address) ?? 0n]
    const isSame = (own?.postedMicrocredits ?? 0n) === posted && (own?.claimedMicrocredits ?? 0n) === paid
    sim.require(isSame, 'chain and ledger add up', () => `${address} was paid ${paid} of ${posted} µcr on chain`)
  }
}
