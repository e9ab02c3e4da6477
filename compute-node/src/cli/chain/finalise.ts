import { chainCall } from '../../chain/contracts.ts'
import { CliError } from '../cli-error.ts'
import type { OwnWallet } from './open.ts'

/** Finalises an epoch that is due. It is done too when somebody else comes first, as the poster does at the same moment. */
export async function finaliseDue({ chain, carryOut }: Pick<OwnWallet, 'chain' | 'carryOut'>, epoch: bigint) {
  const { client, settlement } = chain
  try {
    await carryOut(`finalisation of epoch ${epoch}`, chainCall(settlement, 'finalise', [epoch]))
  } catch (error) {
    if (!(error instanceof CliError && error.code === 'CHAIN_REJECTED')) throw error
    const asked = { ...settlement, functionName: 'epoch', args: [epoch] } as const
    const { isFinalised } = await client.readContract(asked).catch(() => ({ isFinalised: false }))
    if (!isFinalised) throw error
  }
}
