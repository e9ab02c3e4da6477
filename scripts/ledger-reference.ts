import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One member of a union of the ledger's types: its name, what its comment says, and the names of its fields. */
type Member = { readonly name: string; readonly says: string; readonly fields: readonly string[] }

const root = new URL('../', import.meta.url)

const target = new URL('docs/ledger-reference.md', root)

/**
 * Reads the members of a union type out of its source, in their order: `discriminant` names the field that tells them apart.
 * Throws when a member has no comment, because then the reference would not say what it is.
 */
export function readUnion(source: string, typeName: string, discriminant: string): readonly Member[] {
  const start = source.indexOf(`export type ${typeName} =`)
  const end = source.indexOf('\nexport ', start + 1)
  if (start === -1) throw new Error(`there is no type ${typeName}`)
  const body = source.slice(start, end === -1 ? undefined : end)
  return body
    .split(/\n(?= {2}(?:\/\*\*|\|))/)
    .slice(1)
    .reduce<readonly (readonly [string, string])[]>(joinComment, [])
    .map(([comment, text]) => readMember(comment, text, discriminant))
}

/** A comment stands in a part of its own, before the member that it belongs to. */
function joinComment(
  done: readonly (readonly [string, string])[],
  part: string,
): readonly (readonly [string, string])[] {
  const last = done.at(-1)
  if (part.startsWith('  /**')) return [...done, [part, '']]
  return last !== undefined && last[1] === '' ? [...done.slice(0, -1), [last[0], part]] : [...done, ['', part]]
}

function readMember(comment: string, text: string, discriminant: string): Member {
  const name = new RegExp(`readonly ${discriminant}: '(\\w+)'`).exec(text)?.[1]
  if (name === undefined) throw new Error(`a member has no ${discriminant}: ${text}`)
  const says = comment.replace(/^\s*\/\*\*[\s*]*|\s*\*\/\s*$/g, '').replace(/\s*\n\s*\*\s*/g, ' ')
  if (says === '') throw new Error(`${name} has no comment that says what it is`)
  const fields = [...text.matchAll(/readonly (\w+)\??:/g)].map(match => match[1] ?? '')
  const own = fields.filter(field => field !== discriminant && field !== 'data')
  return { name, says, fields: [...new Set(own)] }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The whole reference, from the sources as they are now. */
export function ledgerReference(read: (path: string) => string): string {
  const events = readUnion(read('ledger/src/journal/event.ts'), 'LedgerEventData', 'type')
  const refusalSource = read('ledger/src/journal/refusal.ts')
  const refusals = readUnion(refusalSource, 'LedgerRefusal', 'code')
  const journalled = new Set(/new Set\(\[([^\]]*)\]/.exec(refusalSource)?.[1]?.match(/\w+/g))
  const code = (names: readonly string[]) => names.map(name => `\`${name}\``).join(' ')
  return `# Events and refusals

Made from \`ledger/src/journal/{event,refusal}.ts\` by \`npm run gen\`; what is wrong here is mended there.

## Events

Every event also has \`position\`, \`atMs\`, \`commandId\` and \`entries\`, and \`clearing\` when credits leave for another shard.

${table(
  ['event', 'what happened', 'its own data'],
  events.map(({ name, says, fields }) => [`\`${name}\``, says, code(fields)]),
)}

## Refusals

In order of precedence: the first that applies is the answer. A journalled one is kept, so that the same signature gets the same
answer for as long as it may be presented; so is \`LINK_FAILED\` over one of them. The others are found anew at each try.

${table(
  ['', 'code', 'when', 'data', 'journalled'],
  refusals.map(({ name, says, fields }, index) => [
    String(index + 1),
    `\`${name}\``,
    says,
    code(fields),
    journalled.has(name) ? 'yes' : '',
  ]),
)}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = ledgerReference(path => readFileSync(new URL(path, root), 'utf8'))
  if (!process.argv.includes('--check')) writeFileSync(target, made)
  else if (readFileSync(target, 'utf8') !== made) {
    console.error('docs/ledger-reference.md is not what the code says; run npm run gen')
    process.exit(1)
  }
}
