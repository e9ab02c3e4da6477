import type { Page, PageRequest } from '../../read-model/read-records.ts'
import { spend } from './answer-budget.ts'
import { badInput, reading } from './read-errors.ts'
import { requireBetween } from './session-context.ts'

/** What a list field was asked for, and the most that it gives at once. */
type ListArguments = { readonly first: number; readonly cursor: string | null | undefined; readonly max: number }

/** Reads one page of a list and counts it against the answer's budget. Throws `BAD_USER_INPUT` for bounds and cursors that make no sense. */
export async function pageOf<T>(
  context: object,
  { first, cursor, max }: ListArguments,
  read: (request: PageRequest) => Promise<Page<T>>,
): Promise<Page<T>> {
  const request = { first: requireBetween('first', first, 1, max), ...(cursor != null && { cursor }) }
  spend(context, 'lookups', 1)
  const page = await reading(() => read(request))
  spend(context, 'rows', page.items.length)
  return page
}

/** Throws `BAD_USER_INPUT` for a cursor that no page of this list has named. */
export function requireCursor(cursor: string | null | undefined, shape: RegExp): void {
  if (cursor != null && !shape.test(cursor)) throw badInput('the cursor is not one of this list')
}
