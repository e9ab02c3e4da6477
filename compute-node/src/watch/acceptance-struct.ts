import type { SignedAcceptance } from '@deparrow/ledger'
import type { AcceptanceStruct } from '@deparrow/sdk/watcher'

/** A signed acceptance as the contracts take it. Throws `SyntaxError` or `TypeError` for numbers that are none. */
export function acceptanceStruct({ acceptance, root, ...proof }: SignedAcceptance): AcceptanceStruct {
  return {
    ...proof,
    acceptance: { ...acceptance, position: BigInt(acceptance.position), atMs: BigInt(acceptance.atMs) },
    root: { ...root.message, position: BigInt(root.message.position) },
    signature: root.signature,
  }
}
