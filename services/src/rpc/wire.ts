/** What an amount looks like in a text, after any number of marks that say that it is a text all the same. */
const amountText = /^~*-?\d+n$/

const markedAmountText = /^~+-?\d+n$/

const amount = /^-?\d+n$/

/**
 * JSON between the services of one network, on one line, as the journal writes it: a bigint is a text of digits followed by `n`. Because texts from
 * outside travel here too, one that looks like that is marked by a `~`, which {@link decodeWire} takes away. Members that are `undefined` are
 * left out.
 */
export function encodeWire(value: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(value, toWire)
}

/** Reads what {@link encodeWire} wrote. Throws `SyntaxError` for what is no JSON. */
export function decodeWire(text: string): unknown {
  return JSON.parse(text, fromWire)
}

function toWire(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'string' && looksLikeAmount(value) ? `~${value}` : value
}

function fromWire(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.endsWith('n')) return value
  if (amount.test(value)) return BigInt(value.slice(0, -1))
  return markedAmountText.test(value) ? value.slice(1) : value
}

/** The last character tells for nearly every text, without looking at the rest. */
function looksLikeAmount(value: string): boolean {
  return value.endsWith('n') && amountText.test(value)
}
