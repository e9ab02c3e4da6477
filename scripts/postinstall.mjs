/**
 * npm on a Node.js older than 22 leaves out the optional native packages that ask for Node.js 22
 * (Hardhat's EDR among them). The `node` package has just put Node.js 24 beside us, so where such a package
 * cannot be loaded, the same installation runs once more under that runtime.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const ownNode = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const loads = () => {
  try {
    execFileSync(ownNode, ['-e', "require('@nomicfoundation/edr')"], { cwd: root, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

if (existsSync(ownNode) && process.env.npm_execpath !== undefined && !loads()) {
  execFileSync(ownNode, [process.env.npm_execpath, 'install', '--no-save', '--ignore-scripts'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (!loads()) {
    throw new Error(
      `The native package of @nomicfoundation/edr for ${process.platform}-${process.arch} is missing; delete node_modules and run npm ci again`,
    )
  }
}
