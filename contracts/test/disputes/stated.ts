/** The epoch of the scenario with statements that stand, and who asks and answers. */
import { alice, poster, stranger, viem } from '../support/judges-chain.ts'
import { type Happened, happen, type Name, stated } from './scenario.ts'

export const asAlice = { account: alice.account }
export const asPoster = { account: poster.account }
export const anybody = { account: stranger.account }
/** Contracts that name the errors of libraries. */
export const judgeErrors = await viem.deployContract('JudgeHarness')
export const treeErrors = await viem.deployContract('SumTreeHarness')

/** The poster states an account. */
export const state = ({ contracts, posted, places }: Happened, name: Name, proof: ReturnType<typeof stated>['proof']) =>
  contracts.disputes.write.state([posted.epoch, places[name], proof], asPoster)

export async function withStatements(...names: Name[]): Promise<Happened> {
  const happened = await happen()
  for (const name of names) await state(happened, name, stated(happened, name).proof)
  return happened
}
