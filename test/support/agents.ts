import { AgentWallet, type Answer } from '@deparrow/sdk'
import { generatePrivateKey } from 'viem/accounts'
import type { NetworkProcess } from './run-network.ts'

/** An agent with a fresh key and, where it is given any, credits. */
export async function newAgent(url: string, creditsMicro = 0n): Promise<AgentWallet> {
  const wallet = await AgentWallet.connect({ url, privateKey: generatePrivateKey() })
  if (creditsMicro > 0n) {
    accepted(await wallet.fund({ amountMicrocredits: creditsMicro }))
    accepted(await wallet.deposit(creditsMicro))
  }
  return wallet
}

/** Base address of a running network's gateway, without a path. Waits until it is ready. */
export async function gatewayUrlOf(network: NetworkProcess): Promise<string> {
  const url = /GraphQL at (http:\/\/[^/\s]+)/.exec(await network.line(/GraphQL at/))?.[1]
  if (url === undefined) throw new Error('the network does not say where its gateway is')
  return url
}

/** What was answered; throws the refusal's code and message. */
export function accepted<T>(answer: Answer<T>): { readonly ok: true } & T {
  if (!answer.ok) throw new Error(`${answer.refusal.code}: ${answer.refusal.message}`)
  return answer
}

/** Why not; throws when it was done. */
export function refusalOf<T>(answer: Answer<T>) {
  if (answer.ok) throw new Error('it was accepted')
  return answer.refusal
}
