import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ImportRule, importRules } from './import-rules.ts'

export type ImportViolation = { readonly file: string; readonly line: number; readonly problem: string }

/**
 * Reads every TypeScript file of a tree and returns what breaks the table, and how many files and imports were looked at, so that a
 * checker that sees nothing cannot pass for one that finds nothing.
 */
export function checkImports(root: string): {
  readonly violations: readonly ImportViolation[]
  readonly fileCount: number
  readonly importCount: number
} {
  const violations: ImportViolation[] = []
  const files = globSync('*/**/*.ts', { cwd: root, exclude: isLeftOut }).map(file => file.split(sep).join('/'))
  let importCount = 0
  for (const file of files.filter(name => !name.endsWith('.d.ts'))) {
    const rule = ruleOf(file)
    if (rule === undefined) continue
    const code = withoutComments(readFileSync(join(root, file), 'utf8'))
    for (const { specifier, line } of importsOf(code)) {
      importCount += 1
      const problem = importProblem(root, file, rule, specifier)
      if (problem !== undefined) violations.push({ file, line, problem })
    }
    violations.push(...globalProblems(file, rule, code))
  }
  return { violations, fileCount: files.length, importCount }
}

/** Also this checker's own spec, whose seeded violations are texts. */
function isLeftOut(path: string): boolean {
  return /(?:check-imports\.spec\.ts$)|(?:^|[/\\])(?:node_modules|dist|artifacts|cache|assembly|\.[^/\\]+)$/.test(path)
}

function ruleOf(file: string): ImportRule | undefined {
  const matching = importRules.filter(rule => file.startsWith(`${rule.folder}/`))
  return matching.sort((a, b) => b.folder.length - a.folder.length)[0]
}

function isTest(file: string): boolean {
  return /\.(?:spec|fixture)\.ts$/.test(file) || file.includes('/testing/')
}

/** `import … from 'x'`, `export … from 'x'` and `import 'x'` at the beginning of a line, and `import('x')` anywhere. */
const importStatement =
  /^[ \t]*(?:import|export)\b(?:[^'"`;=()]*?\bfrom)?\s*['"]([^'"\s]+)['"]|\bimport\s*\(\s*['"]([^'"\s]+)['"]/gm

function importsOf(code: string): readonly { readonly specifier: string; readonly line: number }[] {
  const statements = code.matchAll(importStatement)
  return [...statements].map(match => ({
    specifier: (match[1] ?? match[2]) as string,
    line: lineAt(code, match.index),
  }))
}

function importProblem(root: string, file: string, rule: ImportRule, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return ownFileProblem(file, rule, specifier)
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (name.startsWith('@deparrow/')) {
    const isAllowed = rule.workspaces.some(allowed => specifier === allowed || specifier.startsWith(`${allowed}/`))
    return isAllowed ? undefined : `${rule.folder} may not import ${specifier}`
  }
  if (!rule.libraries && !isTest(file)) return `${rule.folder} depends on nothing, so it may not import ${specifier}`
  if (specifier.startsWith('node:') || isDeclared(root, file, name)) return undefined
  return `${name} is not a dependency in the package.json of ${file.split('/')[0]}`
}

function ownFileProblem(file: string, rule: ImportRule, specifier: string): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  if (target.split('/')[0] !== file.split('/')[0]) return `${specifier} leaves the package; import it by its name`
  const refused = rule.refusedFiles?.find(end => target.endsWith(end))
  return refused === undefined || isTest(file) ? undefined : `${rule.folder} may not import ${target}`
}

/** Declared by the file's package; tests also use what the root declares, and folders without a package what any package has. */
function isDeclared(root: string, file: string, name: string): boolean {
  const own = readManifest(join(root, file.split('/')[0] as string, 'package.json'))
  const others = own === undefined ? globSync('*/package.json', { cwd: root }) : []
  const manifests = [own, ...others.map(other => readManifest(join(root, other)))]
  if (own === undefined || isTest(file)) manifests.push(readManifest(join(root, 'package.json')))
  return manifests.some(manifest => manifest !== undefined && name in dependenciesOf(manifest))
}

function dependenciesOf(manifest: Manifest): Readonly<Record<string, string>> {
  return { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }
}

type Manifest = Partial<
  Record<'dependencies' | 'devDependencies' | 'peerDependencies', Readonly<Record<string, string>>>
>

function readManifest(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

function globalProblems(file: string, rule: ImportRule, code: string): readonly ImportViolation[] {
  if (isTest(file)) return []
  return (rule.refusedGlobals ?? []).flatMap(name => {
    const found = new RegExp(`(?<![\\w.'"\`$])${name.replace('.', '\\.')}(?![\\w'"\`:])`).exec(code)
    if (found === null) return []
    return [{ file, line: lineAt(code, found.index), problem: `${rule.folder} is pure, so it may not use ${name}` }]
  })
}

/** Blanks comments out, keeping line numbers. Text in quotes that looks like a comment is left alone. */
function withoutComments(code: string): string {
  const parts = /(['"`])(?:\\.|(?!\1)[^\\])*\1|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return code.replace(parts, part => (part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part))
}

function lineAt(code: string, index: number): number {
  return code.slice(0, index).split('\n').length
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = join(dirname(import.meta.dirname))
  const { violations, fileCount, importCount } = checkImports(root)
  for (const { file, line, problem } of violations)
    console.error(`${relative('.', join(root, file))}:${line} ${problem}`)
  console.log(`${fileCount} files, ${importCount} imports, ${violations.length} violations`)
  process.exitCode = violations.length > 0 || importCount === 0 ? 1 : 0
}
