import { concat, encodeAbiParameters, getContract, type Hex, keccak256, parseEther } from 'viem'
import { payeeAddress } from './epochs.ts'
import type { Setting } from './setting.ts'

/** What a claim takes from a Merkle distributor with a leaf for each of `count` accounts, paid to one that holds the token already. */
export async function claimFromDistributor(
  setting: Setting,
  count: number,
  deployToken: (setting: Setting) => ReturnType<Setting['deployBaseline']>,
): Promise<number> {
  const { wallets, publicClient, gasOf } = setting
  const plain = await deployToken(setting)
  const distributor = await setting.deployBaseline('EpochDistributor', [plain.address])
  const client = { public: publicClient, wallet: wallets.distribution }
  const token = getContract({ ...plain, client })
  const contract = getContract({ ...distributor, client })
  const index = 50_000
  const account = payeeAddress(index + 1)
  await token.write['transfer']?.([distributor.address, parseEther('1000')])
  await token.write['transfer']?.([account, 1n])
  const amountWei = parseEther('1')
  const leaves = Array.from({ length: count }, (_, i) => leafOf(i, payeeAddress(i + 1), amountWei))
  const { root, proof } = proofOf(leaves, index)
  await contract.write['post']?.([1n, root])
  const claim = contract.write['claim']?.([1n, BigInt(index), account, amountWei, proof])
  return gasOf(claim ?? Promise.reject(new Error('no claim')))
}

function leafOf(index: number, account: Hex, amountWei: bigint): Hex {
  const types = [{ type: 'uint256' }, { type: 'address' }, { type: 'uint256' }] as const
  return keccak256(keccak256(encodeAbiParameters(types, [BigInt(index), account, amountWei])))
}

/** OpenZeppelin's tree: the two hashes of a pair are sorted, an odd one goes up as it is. */
function proofOf(leaves: readonly Hex[], index: number): { root: Hex; proof: Hex[] } {
  const proof: Hex[] = []
  let row = leaves
  let at = index
  while (row.length > 1) {
    const sibling = row[at ^ 1]
    if (sibling !== undefined) proof.push(sibling)
    const above: Hex[] = []
    for (let i = 0; i < row.length; i += 2) above.push(pairHash(row[i] as Hex, row[i + 1]))
    row = above
    at >>= 1
  }
  return { root: row[0] as Hex, proof }
}

function pairHash(a: Hex, b: Hex | undefined): Hex {
  if (b === undefined) return a
  return keccak256(a < b ? concat([a, b]) : concat([b, a]))
}
