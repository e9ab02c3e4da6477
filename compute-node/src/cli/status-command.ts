import { fetchNetwork, fetchNodes } from '@deparrow/sdk/network'
import type { CommandContext } from './command-context.ts'
import { statusLines, statusView } from './views.ts'

/** How the network stands; needs no key. */
export async function showStatus(context: CommandContext) {
  const { url } = context.config
  const [network, nodes] = await Promise.all([fetchNetwork(url), fetchNodes(url)])
  context.output.result(statusView(url, network, nodes), statusLines(url, network, nodes))
}
