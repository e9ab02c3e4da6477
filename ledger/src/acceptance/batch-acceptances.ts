import type { Hex } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { JournalHead } from '../ports/event-store.ts'
import type { LedgerSigner } from '../ports/ledger-signer.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Domain, Signed } from '../typed-data/types.ts'
import { type Acceptance, type AcceptanceRoot, acceptanceRootType, type SignedAcceptance } from './acceptance.ts'
import { type AcceptanceTree, acceptanceTree, rootOfTree, siblingsOf } from './acceptance-tree.ts'

/** The ledger's network and shard, which its signature binds. */
export type AcceptancePlace = { readonly domain: Domain; readonly shard: number }

/** Batches that are kept: who asks within as many gets the batch's own tree, and costs no further signature. */
export const acceptanceBatchesMax = 64

type Batch = {
  /** In the order of their positions. */
  readonly acceptances: readonly Acceptance[]
  readonly head: JournalHead
  /** Made when the first of the batch's acceptances is asked for. */
  sealed: Promise<SealedBatch> | undefined
}

type PlacedAcceptance = { readonly batch: Batch; readonly index: number }

/** A command that happened, with the position of its last event. */
export type DecidedCommand = Pick<Acceptance, 'digest' | 'position'>

type SealedBatch = { readonly tree: AcceptanceTree; readonly root: Signed<AcceptanceRoot> }

/**
 * Signs what the journal holds: one signature a batch over the Merkle root of its acceptances, when the first of them is asked for. What it
 * was not told to be durable it does not sign. Holds the newest {@link acceptanceBatchesMax} batches.
 */
export class BatchAcceptances {
  private readonly batches: Batch[] = []

  constructor(private readonly parts: { readonly crypto: LedgerCrypto; readonly signer: LedgerSigner }) {}

  /** Keeps what a batch of durable events did under signed commands; a refusal did nothing. `head` is the durable end of the journal, at or behind them. */
  record(events: readonly LedgerEvent[], head: JournalHead): void {
    const acceptances: Acceptance[] = []
    for (const [index, { commandId, position, type, atMs }] of events.entries()) {
      const isLast = events[index + 1]?.commandId !== commandId
      if (isLast && type !== 'CommandRefused' && position <= head.position && isDigest(commandId)) {
        acceptances.push(acceptanceOf({ digest: commandId, position: BigInt(position) }, atMs))
      }
    }
    if (acceptances.length === 0) return
    this.batches.push({ acceptances, head, sealed: undefined })
    if (this.batches.length > acceptanceBatchesMax) this.batches.shift()
  }

  /**
   * The ledger's signature that it has journalled this decision: under its batch's root while that is kept, later under a root of its
   * own at the journal's present end, with the time that `atMs` looks up. Rejects when the signer or `atMs` does; asking again tries again.
   */
  async sign(
    decided: DecidedCommand,
    head: JournalHead,
    place: AcceptancePlace,
    atMs: () => Promise<number>,
  ): Promise<SignedAcceptance> {
    const { batch, index } = this.find(decided) ?? alone(acceptanceOf(decided, await atMs()), head)
    const { tree, root } = await this.seal(batch, place)
    const acceptance = batch.acceptances[index] as Acceptance
    return { acceptance, index, count: batch.acceptances.length, siblings: siblingsOf(tree, index), root }
  }

  private find({ digest, position }: DecidedCommand): PlacedAcceptance | undefined {
    const batch = this.batches.find(({ acceptances }) => (acceptances.at(-1)?.position ?? 0n) >= position)
    const index = batch?.acceptances.findIndex(known => known.position === position && known.digest === digest) ?? -1
    return batch === undefined || index === -1 ? undefined : { batch, index }
  }

  private seal(batch: Batch, place: AcceptancePlace): Promise<SealedBatch> {
    batch.sealed ??= this.signTree(batch, place).catch(error => {
      batch.sealed = undefined
      throw error
    })
    return batch.sealed
  }

  private async signTree({ acceptances, head }: Batch, { domain, shard }: AcceptancePlace): Promise<SealedBatch> {
    const { crypto, signer } = this.parts
    const tree = acceptanceTree(crypto, acceptances)
    const position = BigInt(head.position)
    const message: AcceptanceRoot = { shard, root: rootOfTree(tree), position, journalHash: head.hash }
    const signature: Hex = await signer.sign(typedDataDigest(crypto, domain, acceptanceRootType, message))
    return { tree, root: { message, signature } }
  }
}

function alone(acceptance: Acceptance, head: JournalHead): PlacedAcceptance {
  return { batch: { acceptances: [acceptance], head, sealed: undefined }, index: 0 }
}

function acceptanceOf({ digest, position }: DecidedCommand, atMs: number): Acceptance {
  return { digest, position, isAccepted: true, atMs: BigInt(atMs) }
}

/** What time or the network did has a name of its own instead, such as `inbox:7`. */
function isDigest(commandId: string): commandId is Hex {
  return commandId.length === 66 && commandId.startsWith('0x')
}
