/** Batches of acceptances as the ledger signs them. */
import { acceptanceRootType, acceptanceType, type Domain } from '@deparrow/ledger'
import { concatHex, type Hex, hashStruct, keccak256, zeroHash } from 'viem'
import { type Actor, digestOf, testDomain } from './messages.ts'

export type Acceptance = { digest: Hex; position: bigint; isAccepted: boolean; atMs: bigint }

/** The contracts' `SignedAcceptance`. */
export type SignedAcceptance = {
  acceptance: Acceptance
  index: number
  count: number
  siblings: Hex[]
  root: { shard: number; root: Hex; position: bigint; journalHash: Hex }
  signature: Hex
}

/** Each acceptance of a batch with its proof; the root stands at `position`, or at the last of theirs. */
export async function acceptanceBatch(
  acceptances: readonly Acceptance[],
  signer: Actor,
  domain: Domain = testDomain,
  position = acceptances.at(-1)?.position ?? 0n,
): Promise<SignedAcceptance[]> {
  const rows = treeOver(acceptances.map(leafOf))
  const root = { shard: 0, root: rows.at(-1)?.[0] as Hex, position, journalHash: zeroHash }
  const signature = await signer.signDigest(digestOf(acceptanceRootType, root, domain))
  const count = acceptances.length
  return acceptances.map((acceptance, index) => {
    return { acceptance, index, count, siblings: siblingsOf(rows, index), root, signature }
  })
}

function leafOf(acceptance: Acceptance): Hex {
  const types = { Acceptance: acceptanceType.fields }
  return keccak256(concatHex(['0x00', hashStruct({ data: acceptance, types, primaryType: 'Acceptance' })]))
}

/** The rows from the leaves to the root; the last node of an odd row goes up as it is. */
function treeOver(leaves: Hex[]): Hex[][] {
  if (leaves.length <= 1) return [leaves]
  const above: Hex[] = []
  for (let index = 0; index < leaves.length; index += 2) {
    const pair = leaves.slice(index, index + 2)
    above.push(pair.length === 2 ? keccak256(concatHex(['0x01', ...pair])) : (pair[0] as Hex))
  }
  return [leaves, ...treeOver(above)]
}

function siblingsOf(rows: readonly Hex[][], index: number): Hex[] {
  return rows.flatMap((row, height) => row[(index >> height) ^ 1] ?? [])
}
