import { type Address, formatEther, type PublicClient } from 'viem'
import { predictAddresses } from './addresses.ts'
import type { DeployParameters } from './parameters.ts'
import { type PlannedStep, planSteps } from './plan.ts'

/**
 * What a deployment would send, line by line: each transaction with its address, constructor arguments and gas, and what all of them
 * may cost. Sends nothing. Throws what the client throws when the chain does not answer or refuses a constructor's arguments.
 */
export async function describeDryRun(
  client: PublicClient,
  deployer: Address,
  parameters: DeployParameters,
): Promise<string[]> {
  const addresses = predictAddresses(deployer, parameters.firstNonce)
  const steps = await planSteps(client, addresses, parameters)
  const lines: string[] = []
  let gasTotal = 0n
  for (const step of steps) {
    const gas = step.isDone ? 0n : await gasOf(client, deployer, step)
    gasTotal += gas
    lines.push(describeStep(step, gas), ...describeArguments(step.constructorArguments))
  }
  const { maxFeePerGas } = await client.estimateFeesPerGas()
  const cost = formatEther(gasTotal * maxFeePerGas)
  lines.push(`${gasTotal} gas, at most ${cost} of the chain's coin at the present gas price. Nothing was sent.`)
  return lines
}

/** Of a constructor that reads what is not there yet, what it took when it was measured. */
async function gasOf(client: PublicClient, deployer: Address, step: PlannedStep): Promise<bigint> {
  return step.gas ?? step.gasMeasured ?? (await client.estimateGas({ account: deployer, data: step.data }))
}

function describeStep({ step, address, nonce, isDone }: PlannedStep, gas: bigint): string {
  const what = step === 'genesis' ? `genesis mint by ${address}` : `${step} at ${address}`
  return isDone ? `${what}: stands already.` : `${what}: transaction ${nonce}, ${gas} gas.`
}

/** A struct's fields stand on lines of their own. */
function describeArguments(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? describeArguments({ ...value }) : [`  ${name}: ${String(value)}`],
  )
}
