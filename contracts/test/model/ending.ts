/** What is compared when a game is over: the whole inbox, and what each payee has claimed. */
import { encodePacked, type Hex, keccak256, numberToHex, zeroAddress, zeroHash } from 'viem'
import { settlementAbi } from '../../generated/index.ts'
import type { InboxItem, State } from '../../model/state.ts'
import { INBOX_KIND } from '../support/constants.ts'
import type { Messages } from './messages.ts'
import { addressOf } from './names.ts'
import type { TwinChain } from './twin-chain.ts'

type Item = {
  readonly kind: number
  readonly account: string
  readonly amountMicrocredits: bigint
  readonly arrivedAt: bigint
  readonly detail: Hex
}

/** Items from the third on, as the genesis comes first; and what each payee has been paid by claims, in µcr. */
export type Ending = { readonly items: readonly Item[]; readonly claimed: readonly (readonly [string, bigint])[] }

const kinds = {
  Deposit: INBOX_KIND.deposit,
  GenesisRewards: INBOX_KIND.genesisRewards,
  Emission: INBOX_KIND.emission,
  ForcedWithdrawal: INBOX_KIND.forcedWithdrawal,
  Revocation: INBOX_KIND.revocation,
  Receipt: INBOX_KIND.receipt,
} as const

export function endingOfModel(chain: TwinChain, state: State, messages: Messages): Ending {
  const items = state.inbox.slice(1).map(item => ({
    kind: kinds[item.kind],
    account: item.account === '' ? zeroAddress : addressOf(item.account),
    amountMicrocredits: BigInt(item.amount),
    arrivedAt: chain.timeOf(item.at),
    detail: detailOf(item, messages),
  }))
  const claimed = [...state.payees.keys()].map(name => [name, BigInt(state.claimed.get(name) ?? 0)] as const)
  return { items, claimed }
}

function detailOf({ kind, detail }: InboxItem, messages: Messages): Hex {
  if (kind === 'Receipt') return messages.keyOf(String(detail))
  if (kind === 'Revocation') return keccak256(encodePacked(['address', 'uint64'], [addressOf('dave'), BigInt(detail)]))
  return detail === 0 ? zeroHash : numberToHex(BigInt(detail), { size: 32 })
}

/** What the chain shows of the same items and payees. */
export async function endingOfChain(chain: TwinChain, expected: Ending): Promise<Ending> {
  const read = <T>(name: string, args: readonly unknown[]) =>
    chain.read<T>(chain.addresses.settlement, settlementAbi, name, args)
  const count = Number(await read<bigint>('inboxCount', []))
  const items: Item[] = []
  for (let index = 2; index < count; index++) {
    const { kind, account, amountMicrocredits, arrivedAt, detail } = await read<Item>('inboxItem', [index])
    items.push({ kind, account: account.toLowerCase(), amountMicrocredits, arrivedAt, detail })
  }
  const claimed = await Promise.all(
    expected.claimed.map(async ([name]) => {
      const id = await read<number>('payeeId', [addressOf(name)])
      return [name, await read<bigint>('claimedMicrocredits', [id])] as const
    }),
  )
  return { items, claimed }
}
