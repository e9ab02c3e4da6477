import { type Address, formatCredits, type Hex, isHexOf } from '@deparrow/ledger'
import { type Answer, type DepositMethod, fetchNetwork, type Movement, SecretKey } from '@deparrow/sdk'
import { readOwnFile } from '@deparrow/sdk/keystore'
import * as Secp256k1 from 'ox/Secp256k1'
import { formatEther } from 'ox/Value'
import { CliError, refused } from './cli-error.ts'
import type { CommandContext } from './command-context.ts'
import { connectWallet } from './connect-wallet.ts'
import { createKey, keyFilePath } from './key-access.ts'
import { columns } from './output.ts'
import { balanceLines, balanceView, checksummed } from './views.ts'

export async function createWallet(context: CommandContext, options: { readonly import?: string }) {
  const { config, output } = context
  const privateKey = options.import === undefined ? undefined : await importKey(options.import)
  const key = await createKey(config, 'wallet', async () => (await fetchNetwork(config.url)).chainId, privateKey)
  const keyFile = keyFilePath(config, 'wallet')
  const address = checksummed(key.address)
  output.result(
    { address, keyFile },
    columns([
      ['wallet', address],
      ['key file', keyFile],
    ]),
  )
}

export async function fundWallet(context: CommandContext, amountMicrocredits: bigint) {
  const wallet = await connectWallet(context)
  context.output.progress('Asking the distribution wallet …')
  const funded = await wallet.fund({ amountMicrocredits })
  if (!funded.ok) throw refused(funded.refusal)
  const { transactionHash, dpcWei, etherWei } = funded
  context.output.result({ address: checksummed(wallet.address), transactionHash, dpcWei, etherWei }, [
    `${formatEther(dpcWei)} DPC and ${formatEther(etherWei)} ETH for gas are in the wallet: transaction ${transactionHash}`,
  ])
}

export async function showBalance(context: CommandContext, options: { readonly of?: Address }) {
  const wallet = await connectWallet(context)
  const balance = await wallet.balance(options.of)
  const onChain = await wallet.chainBalance(options.of)
  context.output.result(balanceView(balance, onChain), balanceLines(balance, onChain))
}

export async function depositCredits(
  context: CommandContext,
  amountMicrocredits: bigint,
  options: { readonly method: DepositMethod },
) {
  const wallet = await connectWallet(context)
  context.output.progress('Depositing, and waiting until the ledger has seen it …')
  const { method } = options
  const deposited = await wallet.deposit(amountMicrocredits, { method, signal: context.signal })
  if (!deposited.ok) throw refused(deposited.refusal)
  const balance = await wallet.balance()
  const { transactionHash, position } = deposited
  context.output.result({ transactionHash, position, amountMicrocredits, balance: balanceView(balance, undefined) }, [
    `${formatCredits(amountMicrocredits)} credits deposited: transaction ${transactionHash}`,
    ...balanceLines(balance, undefined),
  ])
}

export async function withdrawCredits(context: CommandContext, amountMicrocredits: bigint) {
  const wallet = await connectWallet(context)
  const movement = await wallet.withdraw({ amountMicrocredits })
  const said = `${formatCredits(amountMicrocredits)} credits are on their way to the chain; claim them when the next epoch is final.`
  showMovement(context, movement, amountMicrocredits, said)
}

export async function transferCredits(context: CommandContext, to: Address, amountMicrocredits: bigint) {
  const wallet = await connectWallet(context)
  const movement = await wallet.transfer({ to, amountMicrocredits })
  const said = `${formatCredits(amountMicrocredits)} credits went to ${checksummed(to)}.`
  showMovement(context, movement, amountMicrocredits, said)
}

export async function claimPayout(context: CommandContext, options: { readonly for?: Address }) {
  const wallet = await connectWallet(context)
  context.output.progress('Claiming on chain …')
  const claimed = await wallet.claim(options.for === undefined ? {} : { for: options.for })
  if (!claimed.ok) throw refused(claimed.refusal)
  const { ok, wallet: owner, ...facts } = claimed
  context.output.result({ wallet: checksummed(owner), ...facts }, [
    `${formatEther(facts.paidWei)} DPC paid to ${checksummed(owner)}: transaction ${facts.transactionHash}`,
  ])
}

function showMovement(context: CommandContext, movement: Answer<Movement>, amountMicrocredits: bigint, said: string) {
  if (!movement.ok) throw refused(movement.refusal)
  const { commandId, position, balance } = movement
  context.output.result({ commandId, position, amountMicrocredits, balance: balanceView(balance, undefined) }, [
    said,
    ...balanceLines(balance, undefined),
  ])
}

/** A private key in a file of its own, as hexadecimal. What the file holds is never repeated. */
async function importKey(path: string): Promise<SecretKey> {
  const file = await readOwnFile(path)
  if (!file.ok) throw new CliError(file.refusal.code, file.refusal.message)
  const text = file.text.trim()
  const key = text.startsWith('0x') ? text : `0x${text}`
  if (!isHexOf(key, 32) || !isPrivateKey(key))
    throw new CliError('KEY_FILE_INVALID', `${path} must hold a private key: 64 hexadecimal digits.`)
  return new SecretKey(key as Hex)
}

/** Zero and what is not below the order of the curve are no keys. */
function isPrivateKey(key: Hex): boolean {
  try {
    return Secp256k1.getPublicKey({ privateKey: key }) !== undefined
  } catch {
    return false
  }
}
