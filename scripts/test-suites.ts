/** A suite: what runs, and how its tests are counted. */
export type TestSuite = {
  readonly name: string
  /** Specs of built code for Node's test runner, or a command whose exit code and closing count are judged. */
  readonly specs?: readonly string[]
  readonly command?: readonly string[]
  /** At most so many spec files at a time; those that start networks of their own run one by one. */
  readonly concurrency: number
  readonly env?: Readonly<Record<string, string>>
}

const required = { DEPARROW_REQUIRE_ENGINES: '1', DEPARROW_REQUIRE_DOCKER: '1' }

/** Suites by name. `npm test` runs those that need Node.js alone; the others need engines or more time. */
export const testSuites: Readonly<Record<string, TestSuite>> = {
  rules: { name: 'import rules', specs: ['scripts/*.spec.ts'], concurrency: 2 },
  unit: {
    name: 'unit',
    specs: [
      'ledger/dist/**/*.spec.js',
      'sdk/dist/**/*.spec.js',
      'contracts/dist/**/*.spec.js',
      'compute-node/dist/**/!(*.int).spec.js',
      'services/dist/**/!(*.int).spec.js',
      'deploy/local/dist/**/*.spec.js',
    ],
    concurrency: 2,
  },
  contracts: { name: 'contracts', command: ['npm', 'run', 'test', '-w', 'contracts'], concurrency: 1 },
  forge: { name: 'invariants in the second engine', command: ['bash', 'contracts/forge/run.sh'], concurrency: 1 },
  simulation: {
    name: 'simulation and history',
    specs: ['test/dist/simulation/*.spec.js', 'test/dist/history/!(*.int).spec.js'],
    concurrency: 2,
  },
  month: { name: 'a month of epochs', specs: ['test/dist/month/*.spec.js'], concurrency: 1 },
  e2e: { name: 'main job', specs: ['test/dist/e2e/*.e2e.spec.js'], concurrency: 1 },
  engines: {
    name: 'real engines',
    specs: [
      'services/dist/**/*.int.spec.js',
      'compute-node/dist/**/*.int.spec.js',
      'test/dist/integration/*.int.spec.js',
      'test/dist/history/*.int.spec.js',
    ],
    concurrency: 1,
    env: required,
  },
  kill: { name: 'kill at every step', specs: ['test/dist/chaos/*.spec.js'], concurrency: 1, env: required },
}
