import { type Address, bytesToHex, type Hex, type LeafAccount, leafPlace } from '@deparrow/ledger'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { acceptanceHere } from './acceptance-here.ts'
import type { WatchCase } from './case.ts'
import { type Fault, fault } from './faults.ts'
import { seeAccount, seeValue } from './look-up.ts'
import { movementShownBy } from './movements.ts'
import type { AcceptanceStruct, EpochView, ShownDebit } from './view.ts'
import { type MovementMessage, type Want, wantAccepted, wantCounterpart } from './wants.ts'

/** Credits to a wallet by a message that the ledger has signed to have taken. */
export type AcceptedCredit = {
  readonly wallet: Address
  /** The message's digest. */
  readonly key: Hex
  readonly amountMicrocredits: bigint
  readonly message: MovementMessage
}

type Part = { readonly faults: readonly Fault[]; readonly searches: readonly Want[] }

const nothing: Part = { faults: [], searches: [] }
const halfMask = 2n ** 64n - 1n

type Ground = AcceptedCredit & { readonly acceptance: AcceptanceStruct }

/** Movements that the contracts take an acceptance for: transfer, purchase, redemption. */
const acceptedKinds: ReadonlySet<number> = new Set([0, 1, 2])

/**
 * What an epoch owes the guarded wallets: each message that was accepted in this epoch has to be credited, also when the journal does not have it, or the
 * epoch leaves out the whole movement; and what the poster itself has shown to have left a sender for them.
 */
export function examineGuarded(watched: WatchCase): Part {
  const parts = [
    ...groundsOf(watched).map(ground => {
      return examineCredit(watched, ground.wallet, ground, place => wantAccepted(watched.epoch, place, ground))
    }),
    ...(watched.view.shownDebits ?? []).map(shown => examineShown(watched, shown)),
  ]
  return { faults: parts.flatMap(({ faults }) => faults), searches: parts.flatMap(({ searches }) => searches) }
}

/** The same for messages that are at hand, when there is no journal to look into. */
export function blindCredits(view: EpochView): readonly Want[] {
  return (view.credits ?? []).flatMap(credit => {
    const acceptance = acceptanceHere(view, credit.key)
    const place = bytesToHex(leafPlace(ledgerCrypto, credit.wallet))
    return acceptance === undefined ? [] : [wantAccepted(view.posted.epoch, place, { ...credit, acceptance })]
  })
}

/** Messages at hand, and those of the journal whose acceptances are. */
function groundsOf(watched: WatchCase): readonly Ground[] {
  const { view } = watched
  const guarded = new Set(view.guarded ?? [])
  const given = (view.credits ?? []).flatMap(credit => {
    const acceptance = acceptanceHere(view, credit.key)
    return acceptance === undefined ? [] : [{ ...credit, acceptance }]
  })
  if (guarded.size === 0) return given
  const known = new Set(given.map(({ key }) => key))
  const journalled = (view.acceptances ?? []).flatMap((one): Ground[] => {
    const key = one.acceptance.digest.toLowerCase() as Hex
    if (known.has(key) || acceptanceHere(view, key) === undefined) return []
    const movement = watched.movement(key)
    if (movement === undefined || !acceptedKinds.has(movement.message.kind)) return []
    const wallet = movement.creditor as Address
    if (!guarded.has(wallet)) return []
    const { debitMicrocredits: amountMicrocredits, message } = movement
    return [{ wallet, key, amountMicrocredits, message, acceptance: one }]
  })
  return [...given, ...journalled]
}

/** A debit that the poster alone has shown credits a guarded wallet. */
function examineShown(watched: WatchCase, { key, statement, proof, evidence }: ShownDebit): Part {
  const movement = movementShownBy(evidence)
  const amountMicrocredits = proof.isEmpty || proof.key !== key ? 0n : proof.value & halfMask
  if (movement === undefined || amountMicrocredits === 0n) return nothing
  const { creditor, message } = movement
  const wallet = creditor.slice(creditor.indexOf(':') + 1) as Address
  if (!(watched.view.guarded ?? []).includes(wallet)) return nothing
  return examineCredit(watched, creditor, { key, amountMicrocredits }, place =>
    wantCounterpart(watched.epoch, { place, key, least: amountMicrocredits }, message, statement, proof),
  )
}

function examineCredit(
  watched: WatchCase,
  creditor: LeafAccount,
  { key, amountMicrocredits }: { readonly key: Hex; readonly amountMicrocredits: bigint },
  wantAt: (place: Hex) => Want,
): Part {
  const { epoch, archive } = watched
  const place = archive.placeOf(creditor)
  const account = seeAccount(watched, place, amountMicrocredits)
  if ('wants' in account) return { faults: [], searches: account.wants }
  const entry = seeValue(watched, account, 'entries', key, amountMicrocredits)
  if ('wants' in entry) return { faults: [], searches: entry.wants }
  const credit = (entry.value ?? 0n) >> 64n
  if (credit >= amountMicrocredits) return nothing
  const message = `epoch ${epoch} credits ${creditor} ${credit} of the ${amountMicrocredits} µcr of ${key}`
  return { faults: [fault(wantAt(place), 'CREDIT_MISSING', message)], searches: [] }
}
