import type { Address, Hex } from '../hex.ts'
import type { AccountName } from '../journal/account-name.ts'
import type { EventOf } from '../journal/event.ts'
import { readAmount, readCount } from './shape.ts'

const count = '(0|[1-9][0-9]*)'

const amount = '"(0|[1-9][0-9]*)n"'

/** How long each is, is compared afterwards. */
const hex = '"(0x[0-9a-f]+)"'

const entry = '\\{"account":"(wallet:0x[0-9a-f]+)","amountMicrocredits":"(-?[1-9][0-9]*)n"\\}'

const pattern = new RegExp(
  `^\\{"atMs":${count},"commandId":${hex},"data":\\{"transfer":\\{"message":\\{"amountMicrocredits":${amount},` +
    `"deadline":${amount},"from":${hex},"lane":${count},"nonce":${amount},"to":${hex}\\},` +
    `"signature":"(0x[0-9a-fA-F]+)"\\}\\},"entries":\\[${entry},${entry}\\],"position":${count},"type":"CreditsTransferred"\\}$`,
)

/**
 * Reads a transfer that the sender itself signed, within one shard: most events of most journals are that, and this takes half the time of
 * reading them by their shape. `undefined` for anything else, which is read by its shape then.
 */
export function readUsualTransfer(payload: string): EventOf<'CreditsTransferred'> | undefined {
  const groups = pattern.exec(payload) as Groups | null
  if (groups === null || !areLengthsRight(groups)) return undefined
  return {
    atMs: readCount(groups[1]),
    commandId: groups[2],
    data: {
      transfer: {
        message: {
          amountMicrocredits: readAmount(groups[3]),
          deadline: readAmount(groups[4]),
          from: groups[5] as Address,
          lane: readCount(groups[6]),
          nonce: readAmount(groups[7]),
          to: groups[8] as Address,
        },
        signature: groups[9] as Hex,
      },
    },
    entries: [
      { account: groups[10] as AccountName, amountMicrocredits: readAmount(groups[11]) },
      { account: groups[12] as AccountName, amountMicrocredits: readAmount(groups[13]) },
    ],
    position: readCount(groups[14]),
    type: 'CreditsTransferred',
  }
}

type Groups = Readonly<Record<number, string>> & {
  readonly [group in 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14]: string
}

function areLengthsRight(groups: Groups): boolean {
  return (
    groups[2].length === hexLength(32) &&
    groups[5].length === hexLength(20) &&
    groups[8].length === hexLength(20) &&
    groups[9].length === hexLength(65) &&
    groups[10].length === 'wallet:'.length + hexLength(20) &&
    groups[12].length === 'wallet:'.length + hexLength(20)
  )
}

function hexLength(byteCount: number): number {
  return 2 + 2 * byteCount
}
