import type { Hex } from '@deparrow/ledger'
import type { AcceptanceStruct, EpochView } from './view.ts'

/**
 * The ledger's acceptance of a message, by its lower-case digest, if it falls to the watched epoch: at one of its positions or, whatever position the
 * parent claims to have reached, in a second after the parent's `closedAt`. `Proofs.requireInEpoch` takes the same ones.
 */
export function acceptanceHere(view: EpochView, key: Hex): AcceptanceStruct | undefined {
  const { posted, parent, acceptances = [] } = view
  return acceptances.find(({ acceptance: { digest, position, isAccepted, atMs } }) => {
    const isNew = position > BigInt(parent.journalPosition) || atMs / 1_000n > BigInt(parent.closedAt)
    return isAccepted && isNew && position <= BigInt(posted.journalPosition) && digest.toLowerCase() === key
  })
}
