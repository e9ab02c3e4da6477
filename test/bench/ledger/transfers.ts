import { type Identified, transferType } from '@deparrow/ledger'
import { BenchWallet } from './bench-wallet.ts'

/** Unix seconds far enough for every run, and within the ledger's 30 days. */
export const deadline = () => BigInt(Math.floor(Date.now() / 1_000) + 3_600)

export type Spread = 'uniform' | 'zipf' | 'hot'

/**
 * Signed transfers of 1 µcr, whose signatures were made and so are known: what a check ahead of the writer gives it. `uniform`: any
 * wallet to any other; `zipf`: both ends by rank with exponent 0.99; `hot`: every transfer goes out of or into wallet 0.
 */
export function makeTransfers(wallets: readonly BenchWallet[], count: number, spread: Spread): readonly Identified[] {
  const pick = picker(wallets.length, spread)
  const until = deadline()
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = pick(index)
    const wallet = wallets[from] as BenchWallet
    const { digest, signed: transfer } = wallet.sign(transferType, {
      from: wallet.address,
      to: (wallets[to] as BenchWallet).address,
      amountMicrocredits: 1n,
      lane: 0,
      nonce: wallet.nextNonce(),
      deadline: until,
    })
    return { command: { type: 'TransferCredits', transfer }, digest, signer: wallet.address, members: [] }
  })
}

function picker(walletCount: number, spread: Spread): (index: number) => readonly [number, number] {
  const random = seededRandom(42)
  const any = () => Math.floor(random() * walletCount)
  const ranked = zipf(walletCount, random)
  return index => {
    if (spread === 'hot') {
      const other = 1 + Math.floor(random() * (walletCount - 1))
      return index % 2 === 0 ? [0, other] : [other, 0]
    }
    const draw = spread === 'zipf' ? ranked : any
    const from = draw()
    const to = draw()
    return [from, to === from ? (to + 1) % walletCount : to]
  }
}

function zipf(count: number, random: () => number): () => number {
  const cumulative = new Float64Array(count)
  let total = 0
  for (let rank = 0; rank < count; rank++) {
    total += 1 / (rank + 1) ** 0.99
    cumulative[rank] = total
  }
  return () => {
    const point = random() * total
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulative[middle] ?? 0) < point) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Mulberry32: the same numbers in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
