import type {
  Address,
  ChainPlace,
  EpochBooks,
  EventOf,
  Hex,
  InboxDetail,
  InboxKind,
  LedgerConfig,
  LedgerEvent,
} from '@deparrow/ledger'

/** Something that the journal says of the chain, with the event that says it. */
export type Stated<T> = T & { readonly position: number }

export type InboxItem = {
  readonly index: number
  readonly kind: InboxKind
  readonly account: Address
  readonly amountMicrocredits: bigint
  readonly place: ChainPlace
} & InboxDetail

/** An epoch that the journal says the chain took back. */
export type CancelledEpoch = { readonly epoch: number }

export type Payee = { readonly id: number; readonly wallet: Address }

export type FinalEpoch = { readonly epoch: number; readonly burnMicrocredits: bigint; readonly place: ChainPlace }

export type Claim = {
  readonly wallet: Address
  readonly paidMicrocredits: bigint
  readonly cumulativeMicrocredits: bigint
  readonly place: ChainPlace
}

/** Everything that a journal says of the chain. Its size is that of the chain's own record, not of the journal. */
export class JournalFacts {
  config: LedgerConfig | undefined
  readonly inbox: Stated<InboxItem>[] = []
  readonly payees: Stated<Payee>[] = []
  readonly epochs: Stated<EpochBooks>[] = []
  readonly finals: Stated<FinalEpoch>[] = []
  readonly cancelled: Stated<CancelledEpoch>[] = []
  readonly claims: Stated<Claim>[] = []

  /** Takes in an event that was found right. */
  see(event: LedgerEvent, _hash: Hex): void {
    const { position } = event
    switch (event.type) {
      case 'LedgerOpened':
        this.config = event.data.config
        return
      case 'InboxItemRecorded': {
        // A pushed receipt's digest says which it is; the contract keeps no more of it.
        const { receipt: _, ...item } = event.data
        this.inbox.push({ ...item, position })
        return
      }
      case 'PayeeRegistered':
        this.payees.push({ ...event.data, position })
        return
      case 'EpochClosed':
        this.epochs.push({ ...event.data, position })
        return
      case 'EpochCancelled':
        this.takeBack(event)
        return
      case 'EpochFinalised':
        this.finals.push({ ...event.data, position })
        return
      case 'PayoutClaimed':
        this.claims.push({ ...event.data, position })
        return
      default:
        return
    }
  }

  /** An epoch that never came on chain leaves its number to the next one, so it is as if it had not been. */
  private takeBack({ position, data: { epoch, journalPosition } }: EventOf<'EpochCancelled'>): void {
    if (journalPosition === undefined) this.cancelled.push({ epoch, position })
    else if (this.epochs.at(-1)?.epoch === epoch) this.epochs.pop()
  }
}
