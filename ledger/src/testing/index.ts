export * from './actors.ts'
export * from './ethers-crypto.ts'
export * from './test-ledger.ts'
