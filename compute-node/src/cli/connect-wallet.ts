import { AgentWallet, fetchNetwork } from '@deparrow/sdk'
import type { CommandContext } from './command-context.ts'
import { unlockKey } from './key-access.ts'

/** The agent's wallet of the data folder, connected to the network. */
export async function connectWallet(context: CommandContext): Promise<AgentWallet> {
  const { url } = context.config
  const key = await unlockKey(context.config, 'wallet', async () => (await fetchNetwork(url)).chainId)
  return AgentWallet.connect({ url, privateKey: key.privateKey })
}
