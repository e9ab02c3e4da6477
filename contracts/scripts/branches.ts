/**
 * Branch coverage beside Hardhat's coverage of statements. Each condition of an `if`, a loop, a `?:` and a `require` is wrapped in a call that
 * reports, through the same library as Hardhat's own instrumentation, whether it was met or not; what it evaluates to stays the same.
 */
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import type { HardhatPlugin } from 'hardhat/types/plugins'

/** One way that a condition can go. */
export type Branch = {
  readonly file: string
  /** Line of the condition, from 1. */
  readonly line: number
  readonly condition: string
  readonly isMet: boolean
  /** The number under which it reports that it was gone, as 64 hexadecimal digits. */
  readonly tag: string
}

/** Where the branches of each file are written when it is compiled for coverage, below the project's folder. */
export const BRANCHES_FOLDER = 'coverage/branches'

/** Instruments what Hardhat compiles with `--coverage`, and nothing otherwise. */
export const branchCoverage: HardhatPlugin = {
  id: 'branch-coverage',
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        preprocessProjectFileBeforeBuilding: async (context, name, path, content, version, next) => {
          const instrumented = await next(context, name, path, content, version)
          const file = relative(context.config.paths.root, path)
          if (!context.globalOptions.coverage || !file.startsWith('src/')) return instrumented
          const { source, branches } = await withBranches(file, content, instrumented)
          const target = `${context.config.paths.root}/${BRANCHES_FOLDER}/${file}.json`
          await mkdir(dirname(target), { recursive: true })
          await writeFile(target, JSON.stringify(branches))
          return source
        },
      }),
    }),
  },
}

type Node = { readonly nodeType: string; readonly src: string; readonly [field: string]: unknown }

const REPORT = '__branch'
const DEFINITION = `
function ${REPORT}(bool isMet, uint256 met, uint256 unmet) pure returns (bool) {
    __NomicFoundationCoverage.sendHit(isMet ? met : unmet);
    return isMet;
}
`

/** The instrumented source with its conditions wrapped, and their branches as they stand in the source as it was written. */
async function withBranches(file: string, written: string, instrumented: string) {
  const [before, after] = [await conditionsOf(written), await conditionsOf(instrumented)]
  if (before.length !== after.length)
    throw new Error(`${file} has ${before.length} conditions and then ${after.length}`)
  if (before.length === 0) return { source: instrumented, branches: [] }
  const original = Buffer.from(written)
  const branches = before.map(([start, length], index) => {
    const condition = original
      .subarray(start, start + length)
      .toString()
      .replace(/\s+/g, ' ')
    const line = original.subarray(0, start).toString().split('\n').length
    const arm = (isMet: boolean): Branch => ({ file, line, condition, isMet, tag: tagOf(file, index, isMet) })
    return [arm(true), arm(false)] as const
  })
  // From the end, so that what comes before stays where it is; an inner condition begins after the one around it.
  const insertions = after.flatMap(([start, length], index) => {
    const [met, unmet] = branches[index] as readonly [Branch, Branch]
    const closing = `, 0x${met.tag}, 0x${unmet.tag})`
    return [
      { at: start, order: index, text: `${REPORT}(` },
      { at: start + length, order: -index, text: closing },
    ]
  })
  insertions.sort((a, b) => b.at - a.at || b.order - a.order)
  let source = Buffer.from(instrumented)
  for (const { at, text } of insertions)
    source = Buffer.concat([source.subarray(0, at), Buffer.from(text), source.subarray(at)])
  return { source: source.toString() + DEFINITION, branches: branches.flat() }
}

const tagOf = (file: string, index: number, isMet: boolean): string =>
  createHash('sha256').update(`${file} ${index} ${isMet}`).digest('hex')

/** Byte offsets and lengths of the conditions of a source, in the order in which the compiler's tree has them. */
async function conditionsOf(content: string): Promise<(readonly [number, number])[]> {
  const { default: solc } = (await import('solc')) as unknown as { default: { compile(input: string): string } }
  const input = {
    language: 'Solidity',
    sources: { file: { content } },
    settings: { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input)))
  const found: (readonly [number, number])[] = []
  collect(output.sources.file.ast, found)
  return found
}

function collect(value: unknown, found: (readonly [number, number])[]): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return
  const node = value as Node
  const condition = conditionOf(node)
  if (condition !== undefined) {
    const [start = 0, length = 0] = condition.src.split(':').map(Number)
    found.push([start, length])
  }
  for (const part of Object.values(node)) collect(part, found)
}

const conditional: readonly string[] = [
  'IfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'ForStatement',
  'Conditional',
]

function conditionOf(node: Node): Node | undefined {
  if (conditional.includes(node.nodeType)) return (node['condition'] as Node | null) ?? undefined
  if (node.nodeType !== 'FunctionCall') return undefined
  const { name } = node['expression'] as { name?: string }
  return name === 'require' ? (node['arguments'] as readonly Node[])[0] : undefined
}
