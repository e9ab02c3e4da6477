/**
 * What may import what: the table of the architecture as data. A specifier is judged by the first rule of its importer's folder
 * that matches it; what no rule allows is refused.
 */
export type ImportRule = {
  /** The top-level folder, or a folder in it, whose files the rule is for; the longest that matches counts. */
  readonly folder: string
  /** Packages of this repository that may be imported. */
  readonly workspaces: readonly string[]
  /** Whether the dependencies of the folder's package.json, and `node:*`, may be imported. */
  readonly libraries: boolean
  /** Own files that these files may not import, by the end of their path. */
  readonly refusedFiles?: readonly string[]
  /** Words that may not stand in the code: clocks, randomness and the platform. */
  readonly refusedGlobals?: readonly string[]
}

const pure = [
  'Date',
  'Math.random',
  'process',
  'Buffer',
  'setTimeout',
  'setInterval',
  'performance',
  'crypto.subtle',
] as const

const core = { workspaces: [], libraries: false, refusedGlobals: pure } as const

export const importRules: readonly ImportRule[] = [
  { folder: 'ledger', ...core },
  {
    folder: 'ledger/src/audit',
    ...core,
    refusedFiles: ['/decide.ts', '/evolve.ts', '/batch.ts', '/price.ts', '/books.ts'],
  },
  { folder: 'ledger/src/testing', workspaces: [], libraries: true },
  { folder: 'contracts', workspaces: [], libraries: true },
  // The contracts judge what the ledger accepts, so that their specs and their benchmark take it from there.
  { folder: 'contracts/test', workspaces: ['@deparrow/ledger'], libraries: true },
  { folder: 'contracts/bench', workspaces: ['@deparrow/ledger'], libraries: true },
  { folder: 'sdk', workspaces: ['@deparrow/ledger', '@deparrow/contracts'], libraries: true },
  {
    folder: 'compute-node',
    workspaces: ['@deparrow/ledger', '@deparrow/contracts', '@deparrow/sdk'],
    libraries: true,
  },
  {
    folder: 'services',
    workspaces: [
      '@deparrow/ledger',
      '@deparrow/contracts',
      '@deparrow/sdk/crypto',
      '@deparrow/sdk/disputes',
      '@deparrow/sdk/keystore',
      '@deparrow/compute-node/protocol',
    ],
    libraries: true,
  },
  ...['deploy', 'test'].map(folder => ({
    folder,
    workspaces: [
      '@deparrow/ledger',
      '@deparrow/contracts',
      '@deparrow/sdk',
      '@deparrow/compute-node',
      '@deparrow/services',
    ],
    libraries: true,
  })),
  { folder: 'scripts', workspaces: [], libraries: true },
]
