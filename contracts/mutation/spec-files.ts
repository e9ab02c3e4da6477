import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** A spec file, relative to `contracts/`, and the contracts whose code it runs. */
export type SpecFile = { readonly file: string; readonly contracts: readonly string[] }

const contracts = join(import.meta.dirname, '..')
/** What specs of `loadContracts` call of what it deploys, by the bytecode of the generated package. */
const DEPLOYED = ['DPCToken', 'Emission', 'Settlement', 'EpochEvidence', 'NodeRegistry']
/**
 * Figures of gas say nothing about what a contract does; random games of the model take minutes; the deploying commands and this tool have specs
 * of their own.
 */
const LEFT_OUT = ['test/settlement/gas.spec.ts', 'test/model/', 'test/deploy/', 'test/mutation/']

/** All spec files that tell what the contracts do. */
export function listSpecFiles(): readonly SpecFile[] {
  const files = globSync('test/**/*.spec.ts', { cwd: contracts }).sort()
  return files
    .filter(file => !LEFT_OUT.some(left => file.startsWith(left)))
    .map(file => ({ file, contracts: contractsOf(file) }))
}

function contractsOf(file: string): readonly string[] {
  const found = new Set<string>()
  if (/\bloadContracts\b/.test(read(file))) for (const name of DEPLOYED) found.add(name)
  for (const imported of importsBelow(file, new Set())) {
    for (const [, name = ''] of read(imported).matchAll(/\bdeployContract\(\s*'(\w+)'/g)) found.add(name)
  }
  return [...found]
}

/** A file and what it imports of the specs, however far. */
function importsBelow(file: string, seen: Set<string>): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, specifier = ''] of read(file).matchAll(/\bfrom '(\.[^']+)'/g)) {
    const imported = posix.join(posix.dirname(file), specifier)
    if (imported.startsWith('test/')) importsBelow(imported, seen)
  }
  return seen
}

function read(file: string): string {
  return readFileSync(join(contracts, file), 'utf8')
}
