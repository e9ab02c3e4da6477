import type { Address, Hex } from '../hex.ts'
import type { AccountName } from '../journal/account-name.ts'
import type { EventOf } from '../journal/event.ts'
import { readAmount, readCount, readLowerHex } from './shape.ts'

const count = '(0|[1-9][0-9]*)'

const amount = '"(0|[1-9][0-9]*)n"'

const plain = '[!#-\\[\\]-~]+'

const signatureLength = 2 + 2 * 65

/** Entries name the same wallets as the message, so that nothing has to be looked at twice. */
const pattern = new RegExp(
  `^\\{"atMs":${count},"commandId":"(0x${plain})","data":\\{"transfer":\\{"message":\\{"amountMicrocredits":${amount},` +
    `"deadline":${amount},"from":"(0x${plain})","lane":${count},"nonce":${amount},"to":"(0x${plain})"\\},` +
    `"signature":"(${plain})"\\}\\},"entries":\\[\\{"account":"(wallet:\\5)","amountMicrocredits":"(-?[1-9][0-9]*)n"\\},` +
    `\\{"account":"(wallet:\\8)","amountMicrocredits":"(-?[1-9][0-9]*)n"\\}\\],"position":${count},"type":"CreditsTransferred"\\}$`,
)

/**
 * Reads a transfer that the sender itself signed, within one shard: most events of most journals are that, and this takes half the time of
 * reading them by their shape. `undefined` for anything else, which is read by its shape then. Throws `ShapeError` for what cannot be read by that either.
 */
export function readUsualTransfer(payload: string): EventOf<'CreditsTransferred'> | undefined {
  const groups = pattern.exec(payload) as Groups | null
  if (groups === null || groups[9].length !== signatureLength) return undefined
  return {
    atMs: readCount(groups[1]),
    commandId: readLowerHex(groups[2], 32),
    data: {
      transfer: {
        message: {
          amountMicrocredits: readAmount(groups[3]),
          deadline: readAmount(groups[4]),
          from: readLowerHex(groups[5], 20) as Address,
          lane: readCount(groups[6]),
          nonce: readAmount(groups[7]),
          to: readLowerHex(groups[8], 20) as Address,
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
