/** A number of Solidity or of Yul, one more and, where that is no negative one, one less. */
export function numbersBeside(literal: string): readonly string[] {
  const value = numberOf(literal.replaceAll('_', ''))
  if (value === undefined) return []
  return value === 0n ? ['1'] : [String(value + 1n), String(value - 1n)]
}

function numberOf(literal: string): bigint | undefined {
  // An address is no number: with another check sum it is no literal either.
  if (/^0x[0-9a-fA-F]{40}$/.test(literal)) return undefined
  if (/^(?:0x[0-9a-fA-F]+|\d+)$/.test(literal)) return BigInt(literal)
  const scientific = /^(\d+)[eE](\d+)$/.exec(literal)
  return scientific === null ? undefined : BigInt(scientific[1] ?? 0) * 10n ** BigInt(scientific[2] ?? 0)
}
