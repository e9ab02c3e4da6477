import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

/** Builds the copy of the ledger that holds the mutants; the folder beside it stands for the project's root. */
const root = join(import.meta.dirname, '../..')
copyFileSync(join(root, 'tsconfig.base.json'), join(process.cwd(), '../tsconfig.base.json'))
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b'], { stdio: 'inherit' })
