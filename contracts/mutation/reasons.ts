import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

/** Why changes live. All that is given has to fit: the end of a path, `Contract.function`, pieces of the changed code and of what is there instead. */
type Reason = {
  readonly file?: string
  readonly place?: string
  readonly code?: string
  readonly replacement?: string
  readonly reason: string
}

const reasons = JSON.parse(readFileSync(join(import.meta.dirname, 'reasons.json'), 'utf8')) as readonly Reason[]

/** The first of the reasons in `reasons.json` that fits a change; `undefined` when a spec has yet to tell it apart. */
export function reasonFor(mutant: Mutant): string | undefined {
  const fits = ({ file, place, code, replacement }: Reason) =>
    (file === undefined || mutant.file.endsWith(file)) &&
    (place === undefined || mutant.place === place) &&
    (code === undefined || oneLine(mutant.original).includes(code)) &&
    (replacement === undefined || mutant.replacement === replacement)
  return reasons.find(fits)?.reason
}

/** Code without its line breaks and indentation. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
