import type { Clock } from '@deparrow/ledger'
import type { Registry } from 'prom-client'
import type { Secret } from '../config/secret.ts'
import type { InternalServer } from '../rpc/internal-server.ts'
import type { Closing } from './closing.ts'

/** What every role is started with. */
export type RoleContext = {
  /** Its internal side, which listens already. */
  readonly server: InternalServer
  readonly metrics: Registry
  readonly clock: Clock
  /** Takes what the role opens. */
  readonly closing: Closing
  /** Aborts when the process is to end, also while the role starts. */
  readonly signal: AbortSignal
  /** What the services of the network share; `undefined` for a role that talks to none. */
  readonly secret: Secret | undefined
  readonly databasePassword: Secret | undefined
  /** Tells operators what the process does. */
  readonly inform: (message: string) => void
  /** Tells operators of something that went wrong. */
  readonly report: (problem: string) => void
  /** Ends the process, because the role cannot go on: whoever runs it starts it again. */
  readonly fail: (cause: unknown) => void
}

/** What a role that serves the public listens on. */
export type StartedRole = { readonly publicUrl?: string }
