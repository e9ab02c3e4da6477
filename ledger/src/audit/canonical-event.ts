import type { LedgerEvent } from '../journal/event.ts'
import { type PastEvent, upcast } from '../journal/upcast.ts'
import { eventShape, eventShapes } from './event-shapes.ts'
import { type Shape, ShapeError, wholeText } from './shape.ts'
import { readUsualTransfer } from './usual-transfer.ts'

type Form = { readonly pattern: RegExp; readonly shape: Shape<unknown> }

const formsByType = new Map<string, readonly Form[]>(
  Object.entries(eventShapes).map(([type, versions]) => {
    const shapes = versions.map(data => eventShape(type, data))
    return [type, shapes.map(shape => ({ shape, pattern: wholeText(shape) }))]
  }),
)

const typeMark = '"type":"'

const usualEnd = '"CreditsTransferred"}'

/**
 * Reads an event whose payload is nobody's to trust, in today's shape whatever version wrote it. The payload must be the canonical text of an
 * event: every member there, of its type, in its one form and order, and nothing else. Throws {@link ShapeError} when it is not.
 */
export function readCanonicalEvent(payload: string): LedgerEvent {
  const usual = payload.endsWith(usualEnd) ? readUsualTransfer(payload) : undefined
  if (usual !== undefined) return usual
  const type = payload.slice(payload.lastIndexOf(typeMark) + typeMark.length, -2)
  const forms = formsByType.get(type)
  if (forms === undefined) throw new ShapeError(`is of an unknown type ${JSON.stringify(type.slice(0, 40))}`)
  for (const { pattern, shape } of forms) {
    const match = pattern.exec(payload)
    if (match !== null) return upcast(shape.read(match, 1) as PastEvent)
  }
  throw new ShapeError(`is not the canonical text of ${type}`)
}
