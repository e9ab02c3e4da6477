import type { SignedAcceptance } from '@deparrow/ledger'

/** A signed acceptance as the type `SignedAcceptance` of the schema. */
export function acceptanceView({ acceptance, index, count, siblings, root }: SignedAcceptance) {
  return { ...acceptance, index, count, siblings, root: { ...root.message, signature: root.signature } }
}
