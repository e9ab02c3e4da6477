import type { Address } from '@deparrow/ledger'
import { type Command, Option } from 'commander'
import {
  addressArgument,
  collectArgument,
  countArgument,
  demandIdArgument,
  gweiArgument,
  leafAccountArgument,
  numberArgument,
  positiveCreditsArgument,
} from './arguments.ts'
import type { ChainFlags } from './chain/open.ts'
import type { CommandContext } from './command-context.ts'

const commands = {
  status: () => import('./chain/status.ts'),
  deposit: () => import('./chain/deposit.ts'),
  claim: () => import('./chain/claim.ts'),
  exit: () => import('./chain/exit.ts'),
  inbox: () => import('./chain/inbox.ts'),
  dispute: () => import('./chain/dispute.ts'),
  purse: () => import('./chain/purse.ts'),
  watch: () => import('./chain/watch.ts'),
}

type RunCommand = (run: (context: CommandContext) => Promise<void>) => Promise<void>

/** `deparrow chain …`: what works with a chain's RPC and the contracts alone. The options are those of every command below it. */
export function addChainCommands(chain: Command, run: RunCommand): void {
  chain
    .option('--rpc <address>', 'JSON-RPC of the chain; default: the one that the network names')
    .option('--settlement <address>', 'the settlement contract; default: the known one of the chain', addressArgument)
    .option('--registry <address>', 'the node registry; default: the known one of the chain', addressArgument)
    .option('--max-fee-gwei <gwei>', 'the most that a transaction may offer for a gas', gweiArgument)
    .option('--replace', 'take the place of a transaction that waits, at twice the fees')
    .option(
      '--confirmations <n>',
      'blocks that must hold a transaction; default: 3, on a local chain 1',
      countArgument(256),
    )
  chain
    .command('status')
    .description(
      'epochs, demands, reserve, bond, inbox and exit by the contracts, and what a wallet has there; needs no key',
    )
    .option('--of <address>', 'of another wallet', addressArgument)
    .action((_, command) => run(async context => (await commands.status()).showChainStatus(context, flagsOf(command))))
  addMoneyCommands(chain, run)
  addWatchCommand(chain, run)
  addDisputeCommands(chain.command('dispute').description('ask the poster about the pending epoch, with a bond'), run)
}

function addMoneyCommands(chain: Command, run: RunCommand): void {
  chain
    .command('deposit')
    .description('deposit DPC straight at the contract')
    .argument('<credits>', 'how many', positiveCreditsArgument)
    .addOption(
      new Option('--method <name>', 'how the deposit is allowed')
        .choices(['permit', 'approve', 'authorization'])
        .default('permit'),
    )
    .action((amount, _, command) =>
      run(async context => (await commands.deposit()).depositOnChain(context, amount, flagsOf(command))),
    )
  chain
    .command('claim')
    .description('collect the DPC that final epochs owe, found on chain alone')
    .option('--for <address>', 'for another wallet, which receives it', addressArgument)
    .action((_, command) => run(async context => (await commands.claim()).claimOnChain(context, flagsOf(command))))
  chain
    .command('force-withdraw')
    .description('ask the contract for credits: the next epoch must pay them')
    .argument('<credits>', 'how many', positiveCreditsArgument)
    .action((amount, _, command) =>
      run(async context => (await commands.inbox()).forceWithdrawal(context, amount, flagsOf(command))),
    )
  chain
    .command('revoke')
    .description('take a delegate’s permission back through the contract')
    .argument('<delegate>', 'its address', addressArgument)
    .argument('<nonce>', 'of the permission; older ones end with it', numberArgument)
    .action((delegate, nonce, _, command) =>
      run(async context => (await commands.inbox()).revokeOnChain(context, delegate, nonce, flagsOf(command))),
    )
  chain
    .command('exit')
    .description('when no epoch becomes final any more: start the exit, and take everything out')
    .argument(
      '[journal]',
      'a copy of the journal: an export, a store of SQLite, a data folder, or an address; default: the data folder’s, or the network',
    )
    .option('--for <address>', 'for another wallet, which receives it', addressArgument)
    .option('--shard <name>', 'which shard of a store that keeps several')
    .action((journal, _, command) =>
      run(async context => (await commands.exit()).leaveByExit(context, journal, flagsOf(command))),
    )
}

function addWatchCommand(chain: Command, run: RunCommand): void {
  chain
    .command('watch')
    .description('hold every pending epoch to the public journal, and have those cancelled that are not right')
    .argument(
      '[journal]',
      'the public journal: an address, an export, a store of SQLite, or a data folder; default: the network',
    )
    .option('--also-rpc <address>', 'a second RPC to compare with; may be given again', collectArgument)
    .option('--purse <credits>', 'how much may lie in the purse for bonds of demands', positiveCreditsArgument)
    .option('--acceptance <file>', 'acceptances that the ledger signed, which every epoch must honour')
    .option(
      '--guard <address>',
      'demand every credit of this wallet whose acceptance is at hand; may be given again',
      (text: string, before: readonly Address[] = []) => [...before, addressArgument(text)],
    )
    .option(
      '--node-data <folder>',
      'see to the pay of the node with this data folder; may be given again',
      collectArgument,
    )
    .option('--once', 'look once and end')
    .option('--dry-run', 'say what would be sent; needs no key')
    .option('--every-seconds <n>', 'how often to look; default: 12, on a local chain 1', countArgument(3_600))
    .option(
      '--patience-seconds <n>',
      'how long an epoch without journal is left alone; default: a quarter of the window',
      countArgument(30 * 24 * 3_600),
    )
    .option('--shard <name>', 'which shard of a store that keeps several')
    .action((journal, _, command) =>
      run(async context => (await commands.watch()).watchEpochs(context, journal, flagsOf(command))),
    )
}

function addDisputeCommands(dispute: Command, run: RunCommand): void {
  const demand = (name: string, description: string) =>
    dispute
      .command(name)
      .description(description)
      .option('--epoch <n>', 'about this epoch; default: the pending one', numberArgument)
      .option('--fund <credits>', 'put this much into the purse when the bond needs it', positiveCreditsArgument)
      .option('--follows <id>', 'the answered demand that this one follows', demandIdArgument)
      .option('--wait', 'wait for the answer')
  for (const [kind, description] of [
    ['leaf', 'an account’s leaf, or its absence'],
    ['statement', 'what moved an account'],
  ] as const) {
    demand(kind, description)
      .argument('<account>', 'an address; payable:<address>; treasury, rewards or clearing', leafAccountArgument)
      .action((account, _, command) =>
        run(async context => (await commands.dispute()).openDemand(context, { kind, account }, flagsOf(command))),
      )
  }
  for (const [kind, description] of [
    ['credit', 'that a deposit is credited that the epoch covers'],
    ['forced', 'that a forced withdrawal is carried out that the epoch covers'],
  ] as const) {
    demand(kind, description)
      .argument('<item>', 'its number in the inbox', numberArgument)
      .action((item, _, command) =>
        run(async context => (await commands.dispute()).openDemand(context, { kind, item }, flagsOf(command))),
      )
  }
  dispute
    .command('show')
    .description('a demand, how it stands, and what was shown')
    .argument('<id>', 'id of the demand', demandIdArgument)
    .option('--wait', 'wait for the answer')
    .action((id, _, command) =>
      run(async context => (await commands.dispute()).showOneDemand(context, id, flagsOf(command))),
    )
  dispute
    .command('list')
    .description('demands since the last final epoch')
    .option('--epoch <n>', 'about this epoch', numberArgument)
    .action((_, command) => run(async context => (await commands.dispute()).listDemands(context, flagsOf(command))))
  for (const [how, description] of [
    ['expire', 'cancel the epoch of a demand that nobody answered in time'],
    ['refund', 'get the bond of a demand back whose epoch was cancelled otherwise'],
  ] as const) {
    dispute
      .command(how)
      .description(description)
      .argument('<id>', 'id of the demand', demandIdArgument)
      .action((id, _, command) =>
        run(async context => (await commands.dispute()).endDemand(context, how, id, flagsOf(command))),
      )
  }
  dispute
    .command('withdraw')
    .description('take DPC out of the purse')
    .argument('[credits]', 'how many; default: all', positiveCreditsArgument)
    .action((amount, _, command) =>
      run(async context => (await commands.purse()).emptyPurse(context, amount, flagsOf(command))),
    )
}

/** Options of the command and of `deparrow chain`, wherever on the line they stand. */
function flagsOf<Flags extends ChainFlags>(command: Command): Flags {
  return command.optsWithGlobals<Flags>()
}
