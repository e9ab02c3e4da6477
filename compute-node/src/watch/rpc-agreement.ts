import type { SettlementChain } from '../chain/open-settlement.ts'

/** What became of asking several RPCs for the same block. */
export type RpcAgreement = {
  /** The first that answers; `undefined` when none does. */
  readonly chain: SettlementChain | undefined
  /** The block to look at: the newest that the chosen one has, less the confirmations. */
  readonly blockNumber: bigint
  readonly alarms: readonly { readonly code: 'RPC_SILENT' | 'RPC_DIFFERS' | 'RPC_BEHIND'; readonly message: string }[]
}

/** So much older than the newest block of another a node may be that only lags. */
const lagSecondsMax = 300n

type Answer = { readonly chain: SettlementChain; readonly number: bigint; readonly timestamp: bigint }

/**
 * Asks every RPC for its newest block, and all for the hash of the oldest of these. One that is silent, behind or on another branch is named; the first that
 * answers and is not behind is the one to look at.
 */
export async function agree(chains: readonly SettlementChain[], confirmations: number): Promise<RpcAgreement> {
  const asked = await Promise.all(chains.map(chain => newestOf(chain)))
  const answers = asked.filter(answer => answer !== undefined)
  const silent = chains.filter((_, index) => asked[index] === undefined)
  const newest = answers.reduce((latest, { timestamp }) => (timestamp > latest ? timestamp : latest), 0n)
  const behind = answers.filter(({ timestamp }) => timestamp + lagSecondsMax < newest)
  const chosen = answers.find(answer => !behind.includes(answer))
  const alarms = [
    ...silent.map(({ rpcOrigin }) => ({ code: 'RPC_SILENT', message: `${rpcOrigin} does not answer` }) as const),
    ...behind.map(({ chain }) => {
      return { code: 'RPC_BEHIND', message: `${chain.rpcOrigin} is ${lagSecondsMax} s or more behind another` } as const
    }),
    ...(await differences(answers)),
  ]
  const depth = BigInt(confirmations - 1)
  const number = chosen?.number ?? 0n
  return { chain: chosen?.chain, blockNumber: number > depth ? number - depth : 0n, alarms }
}

async function newestOf(chain: SettlementChain): Promise<Answer | undefined> {
  try {
    const { number, timestamp } = await chain.client.getBlock({ blockTag: 'latest' })
    return { chain, number, timestamp }
  } catch {
    return undefined
  }
}

/** Branches of the last blocks come together again; a block that lies deep must be the same everywhere. */
const settledDepth = 8n

async function differences(answers: readonly Answer[]): Promise<RpcAgreement['alarms']> {
  if (answers.length < 2) return []
  const oldest = answers.reduce((least, { number }) => (number < least ? number : least), answers[0]?.number ?? 0n)
  const blockNumber = oldest > settledDepth ? oldest - settledDepth : 0n
  const hashes = await Promise.all(
    answers.map(async ({ chain }) => {
      const block = await chain.client.getBlock({ blockNumber }).catch(() => undefined)
      return block?.hash
    }),
  )
  const [first] = hashes
  return answers.flatMap(({ chain }, index) => {
    if (hashes[index] === undefined || hashes[index] === first) return []
    const message = `${chain.rpcOrigin} has another block ${blockNumber} than ${answers[0]?.chain.rpcOrigin}`
    return [{ code: 'RPC_DIFFERS', message } as const]
  })
}
