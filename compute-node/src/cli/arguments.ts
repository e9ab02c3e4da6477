import { type Address, type Hex, isHexOf, type LeafAccount, lowerHex, parseCredits } from '@deparrow/ledger'
import { InvalidArgumentError } from 'commander'
import { validate } from 'ox/Address'

/** Each parser throws commander's own error, which names the option and says what is expected. */

/** Credits as a person writes them, into µcr. */
export function creditsArgument(text: string): bigint {
  const amount = parseCredits(text)
  if (amount === undefined) {
    throw new InvalidArgumentError('Expected credits with at most six digits after the point, for example 12.5.')
  }
  return amount
}

/** Credits above zero, into µcr. */
export function positiveCreditsArgument(text: string): bigint {
  const amount = creditsArgument(text)
  if (amount === 0n) throw new InvalidArgumentError('Expected more than 0 credits.')
  return amount
}

/** An address whose checksum, when it has one, is right. */
export function addressArgument(text: string): Address {
  if (!isHexOf(text, 20)) throw new InvalidArgumentError('Expected an address: 0x and 40 hexadecimal digits.')
  const isMixed = /[a-f]/.test(text) && /[A-F]/.test(text.slice(2))
  if (isMixed && !validate(text)) {
    throw new InvalidArgumentError('The checksum of this address is wrong; a character may be mistyped.')
  }
  return lowerHex(text)
}

/** An account with a leaf in the epochs: an address, `payable:` and an address for what waits to be paid out, or one of the network's own. */
export function leafAccountArgument(text: string): LeafAccount {
  if (text === 'treasury' || text === 'rewards' || text === 'clearing') return text
  return text.startsWith('payable:')
    ? `payable:${addressArgument(text.slice('payable:'.length))}`
    : addressArgument(text)
}

/** The id of a demand. */
export function demandIdArgument(text: string): Hex {
  if (!isHexOf(text, 32)) throw new InvalidArgumentError('Expected the id of a demand: 0x and 64 hexadecimal digits.')
  return lowerHex(text)
}

/** A whole number that fits 8 bytes, as contracts number epochs, inbox items and nonces. */
export function numberArgument(text: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n
  if (value < 0n || value >= 2n ** 64n) throw new InvalidArgumentError('Expected a whole number.')
  return value
}

/** A price of gas in gwei, into wei. */
export function gweiArgument(text: string): bigint {
  const [, whole, part = ''] = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  const wei = whole === undefined ? 0n : BigInt(whole + part.padEnd(9, '0'))
  if (wei === 0n)
    throw new InvalidArgumentError('Expected gwei with at most nine digits after the point, for example 2.5.')
  return wei
}

export function jobIdArgument(text: string): Hex {
  if (!isHexOf(text, 32)) throw new InvalidArgumentError('Expected the id of a job: 0x and 64 hexadecimal digits.')
  return lowerHex(text)
}

/** A whole number from 1 up to a bound. */
export function countArgument(max: number): (text: string) => number {
  return text => {
    const value = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value <= max)) throw new InvalidArgumentError(`Expected a whole number from 1 to ${max}.`)
    return value
  }
}

export function fuelArgument(text: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of units of fuel.')
  return BigInt(text)
}

/** Collects the values of an option that is given several times. */
export function collectArgument(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text]
}

/** Collects `NAME=VALUE`. */
export function environmentArgument(text: string, earlier: Readonly<Record<string, string>> = {}) {
  const separator = text.indexOf('=')
  if (separator < 1) throw new InvalidArgumentError('Expected NAME=VALUE.')
  return { ...earlier, [text.slice(0, separator)]: text.slice(separator + 1) }
}
