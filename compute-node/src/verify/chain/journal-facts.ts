import type {
  Address,
  ChainPlace,
  EpochBooks,
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
  readonly claims: Stated<Claim>[] = []

  /** Takes in an event that was found right. */
  see(event: LedgerEvent, _hash: Hex): void {
    const { position } = event
    switch (event.type) {
      case 'LedgerOpened':
        this.config = event.data.config
        return
      case 'InboxItemRecorded':
        this.inbox.push({ ...event.data, position })
        return
      case 'PayeeRegistered':
        this.payees.push({ ...event.data, position })
        return
      case 'EpochClosed':
        this.epochs.push({ ...event.data, position })
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
}
