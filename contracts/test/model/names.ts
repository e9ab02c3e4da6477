/** What a name, a time and an amount of the model are on the chain. */
import type { Address, Hex } from 'viem'
import { smallParams } from '../../model/params.ts'
import { WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { type Actor, actor } from '../support/messages.ts'
import { placeOf, placeOfName, placeOfPayable } from '../support/trees.ts'

/**
 * A second of the model in seconds of the chain: so long that the periods which the contracts fix (a day to post, a day of slack, five
 * minutes of margin) are whole seconds of the model too.
 */
export const SECOND = 300n

/** The model's parameters with the contracts' own periods. */
export const twinParams = { ...smallParams, lagSecondsMax: 288, inboxSlackSeconds: 288, pushMarginSeconds: 1 }

export const seconds = (count: number): bigint => BigInt(count) * SECOND
export const wei = (microcredits: number): bigint =>
  BigInt(Math.round(microcredits * 1e6)) * (WEI_PER_MICROCREDIT / 1_000_000n)

const numbers = new Map<string, number>()

/** The key of a name, the same for the whole run. */
export function keyOf(name: string): Actor {
  const known = numbers.get(name)
  if (known !== undefined) return actor(known)
  numbers.set(name, 5_000 + numbers.size)
  return keyOf(name)
}

export const addressOf = (name: string): Address => keyOf(name).address

const networkNames: readonly string[] = ['treasury', 'rewards', 'clearing']

/** Whose wallet a leaf belongs to, and whether it waits there for a row. */
export function ownerOf(account: string): { name: string; isPayable: boolean; isNetwork: boolean } {
  const isPayable = account.startsWith('payable:')
  const name = isPayable ? account.slice('payable:'.length) : account
  return { name, isPayable, isNetwork: networkNames.includes(account) }
}

/** Where the leaf of an account stands. */
export function placeOfAccount(account: string): Hex {
  const { name, isPayable, isNetwork } = ownerOf(account)
  if (isNetwork) return placeOfName(name)
  return isPayable ? placeOfPayable(addressOf(name)) : placeOf(addressOf(name))
}
