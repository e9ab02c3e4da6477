import type { Clock, Domain, Ledger, LedgerCrypto, Rates } from '@deparrow/ledger'
import type { ContentStore } from './content-store.port.ts'
import type { JobStore } from './job-store.port.ts'
import type { NodeMesh } from './node-mesh.port.ts'

/** The ports that the market stands on, and what it must know of its network. */
export type MarketParts = {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly crypto: LedgerCrypto
  readonly content: ContentStore
  readonly mesh: NodeMesh
  readonly store: JobStore
  readonly domain: Domain
  /** The rates that hold now. */
  readonly rates: () => Rates
  readonly report: ReportProblem
}

/** Tells operators of something that went wrong and will be tried again; never called for a refusal. */
export type ReportProblem = (problem: string, cause: unknown) => void
