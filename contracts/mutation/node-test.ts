/**
 * Stands in for `node:test` in a process that keeps all specs loaded and runs single tests of them, again and again. It knows what the specs use
 * of it; importing anything else of it fails.
 */
type Hook = () => unknown
type Suite = { readonly title: string; readonly parent: Suite | undefined; readonly hooks: Hook[] }

export type Test = { readonly id: string; readonly file: string; readonly run: () => Promise<void> }

export const tests: Test[] = []
/** What a test is given of the runner. */
const context = { diagnostic: () => undefined }
let file = ''
let suite: Suite = { title: '', parent: undefined, hooks: [] }

/** What is registered from now on belongs to this spec file. */
export function startFile(name: string): void {
  file = name
}

export function describe(title: string, ...rest: readonly unknown[]): void {
  const body = bodyOf(title, rest)
  if (body === undefined) return
  const outer = suite
  suite = { title, parent: outer, hooks: [] }
  body()
  suite = outer
}

export function beforeEach(hook: Hook): void {
  suite.hooks.push(hook)
}

export function it(title: string, ...rest: readonly unknown[]): void {
  const body = bodyOf(title, rest)
  if (body === undefined) return
  const suites = chainOf(suite)
  const run = async () => {
    for (const { hooks } of suites) for (const hook of hooks) await hook()
    await body(context)
  }
  tests.push({
    id: [file, ...suites.map(found => found.title), title].filter(name => name !== '').join(' > '),
    file,
    run,
  })
}

function chainOf(innermost: Suite): readonly Suite[] {
  return innermost.parent === undefined ? [innermost] : [...chainOf(innermost.parent), innermost]
}

/** Nothing, when the options before the body leave it out. */
function bodyOf(title: string, rest: readonly unknown[]): ((given?: unknown) => unknown) | undefined {
  const body = rest.at(-1)
  if (typeof body !== 'function') throw new TypeError(`${title} has no body`)
  const { skip } = (rest.length > 1 ? rest[0] : {}) as { readonly skip?: boolean | string }
  return skip ? undefined : (body as (given?: unknown) => unknown)
}
