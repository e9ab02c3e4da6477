#!/usr/bin/env node
// The compiler from npm, called as Forge calls a compiler: `--version`, or `--standard-json` with the input on standard input. What libraries
// import from each other Forge does not hand over when they lie outside its root, so it is read from there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import solc from 'solc'

const root = join(import.meta.dirname, '..')

if (process.argv.includes('--version')) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`)
} else {
  const importFile = path => ({ contents: readFileSync(join(root, path), 'utf8') })
  process.stdout.write(solc.compile(readFileSync(0, 'utf8'), { import: importFile }))
}
