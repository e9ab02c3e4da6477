import { startTestNode } from './test-node.spec.fixture.ts'

/** Run as a process: `node node-process.spec.fixture.js <data folder> <market address>`. Says `up` when the node is. */
const [dataFolder = '', address = ''] = process.argv.slice(2)
await startTestNode({ addresses: [address] }, dataFolder)
process.send?.('up')
