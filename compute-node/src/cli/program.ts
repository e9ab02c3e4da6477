import { readFileSync } from 'node:fs'
import { jobSpecBounds } from '@deparrow/ledger'
import { Argument, Command, Option } from 'commander'
import {
  addressArgument,
  collectArgument,
  countArgument,
  creditsArgument,
  environmentArgument,
  fuelArgument,
  jobIdArgument,
  positiveCreditsArgument,
} from './arguments.ts'
import { addChainCommands } from './chain-program.ts'
import type { CommandContext } from './command-context.ts'

/** Commands are loaded when they run: a compute node has no use for the wallet library in its memory. */
const commands = {
  node: () => import('./node-command.ts'),
  job: () => import('./job-commands.ts'),
  wallet: () => import('./wallet-commands.ts'),
  ledger: () => import('./ledger-commands.ts'),
  status: () => import('./status-command.ts'),
}

/** Runs a command with its context; the arguments are those of commander, parsed. */
export type RunCommand = (run: (context: CommandContext) => Promise<void>) => Promise<void>

/** The whole command line. Nothing runs before it is parsed. */
export function buildProgram(run: RunCommand): Command {
  const program = new Command('deparrow')
    .description('Buy and run jobs on the DEparrow network, and hold the credits that pay for them.')
    .option('--url <address>', 'the network (DEPARROW_URL; default http://127.0.0.1:8080)')
    .option('--data <folder>', 'keys and data (DEPARROW_DATA; default ~/.deparrow)')
    .option('--json', 'print one JSON value on standard output, errors too')
    .version(packageVersion(), '--version')
    .addHelpText('after', exitCodesHelp)
  addNodeCommands(program.command('node').description('run jobs for others and earn'), run)
  addJobCommands(program.command('job').description('buy jobs and look after them'), run)
  addWalletCommands(program.command('wallet').description('hold, move and cash in credits'), run)
  addLedgerCommands(program.command('ledger').description('check the journal without trusting anybody'), run)
  addChainCommands(program.command('chain').description('the contracts alone, with or without the operator'), run)
  program
    .command('status')
    .description('how the network stands')
    .action(() => run(async context => (await commands.status()).showStatus(context)))
  return program
}

const exitCodesHelp = `
Exit codes: 0 done · 1 refused, the job did not complete, or the journal does not hold · 2 wrong usage · 3 the key cannot be used ·
4 nobody answers · 5 what was answered does not hold · 70 a fault of deparrow · 130 interrupted
Keys are encrypted with the password in the file that DEPARROW_KEY_PASSWORD_FILE names.`

function packageVersion(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

function addNodeCommands(node: Command, run: RunCommand): void {
  node
    .command('start')
    .description('join the network and run jobs until Ctrl-C')
    .option('--payout-wallet <address>', 'what the node earns goes there; default: the node itself', addressArgument)
    .option('--slots <n>', 'jobs side by side at most', countArgument(1_024))
    .option('--memory-mib <n>', 'memory for all jobs together', countArgument(2 ** 24))
    .option('--pull-images', 'let Docker jobs pull images that are not here; they stay on the disk')
    .action(options => run(async context => (await commands.node()).startNodeCommand(context, options)))
}

function addJobCommands(job: Command, run: RunCommand): void {
  addSubmitOptions(
    job.command('submit').description('buy a job').argument('[module]', 'WebAssembly module (WASI preview 1)'),
  ).action((file, options) => run(async context => (await commands.job()).submitJob(context, file, options)))
  job
    .command('get')
    .description('show a job')
    .argument('<id>', 'id of the job', jobIdArgument)
    .option('--output <file>', 'write the checked output there')
    .action((id, options) => run(async context => (await commands.job()).getJob(context, id, options)))
  job
    .command('logs')
    .description('show the log of a job')
    .argument('<id>', 'id of the job', jobIdArgument)
    .option('--bytes <n>', 'at most the last n bytes', countArgument(256 * 1024), 65_536)
    .action((id, options) => run(async context => (await commands.job()).showLog(context, id, options)))
  job
    .command('cancel')
    .description('end a job early; what it has used is paid')
    .argument('<id>', 'id of the job', jobIdArgument)
    .action(id => run(async context => (await commands.job()).cancelJob(context, id)))
  job
    .command('list')
    .description('jobs of this wallet, newest first')
    .option('--limit <n>', 'at most n jobs', countArgument(200), 20)
    .action(options => run(async context => (await commands.job()).listJobs(context, options)))
}

function addSubmitOptions(submit: Command): Command {
  const { wallMsMax, memoryBytesMax, outputBytesMax, cpuMillicoresMax } = jobSpecBounds
  return submit
    .option('--image <name>', 'run a container image instead of a module')
    .option('--input <file>', 'standard input of the job')
    .option('--arg <text>', 'an argument; may be given again', collectArgument)
    .option('--env <NAME=VALUE>', 'a variable; may be given again', environmentArgument)
    .option('--max-price <credits>', 'the most that it may cost; default: the quote', positiveCreditsArgument)
    .option('--bid <credits>', 'a fixed price instead of the rates', creditsArgument)
    .addOption(new Option('--priority <level>', 'high goes first at twice the price').choices(['normal', 'high']))
    .option('--memory-mib <n>', 'memory limit', countArgument(memoryBytesMax / 2 ** 20))
    .option('--wall-seconds <n>', 'running time limit', countArgument(wallMsMax / 1_000))
    .option('--fuel <n>', 'fuel limit of a module', fuelArgument)
    .option('--cpu-millicores <n>', 'CPU limit of an image', countArgument(cpuMillicoresMax))
    .option('--output-bytes <n>', 'output limit', countArgument(outputBytesMax))
    .option('--deadline-seconds <n>', 'must have ended by then, from now', countArgument(30 * 24 * 3600))
    .option('--lane <n>', 'nonce lane, for orders signed side by side', countArgument(2 ** 32 - 1))
    .option('--output <file>', 'wait and write the checked output there')
    .option('--follow', 'wait, and show the log on standard error')
}

function addWalletCommands(wallet: Command, run: RunCommand): void {
  wallet
    .command('create')
    .description('make a key and encrypt it')
    .option('--import <file>', 'take the private key in this file, which only you may read')
    .action(options => run(async context => (await commands.wallet()).createWallet(context, options)))
  wallet
    .command('fund')
    .description('get DPC for development; only on a local chain')
    .addArgument(
      // Help prints a default as JSON, which has no bigints, unless it is described.
      new Argument('[credits]', 'how many').argParser(positiveCreditsArgument).default(1_000_000_000n, '1000'),
    )
    .action(amount => run(async context => (await commands.wallet()).fundWallet(context, amount)))
  wallet
    .command('balance')
    .description('credits, and what is on chain')
    .option('--of <address>', 'of another wallet', addressArgument)
    .action(options => run(async context => (await commands.wallet()).showBalance(context, options)))
  wallet
    .command('deposit')
    .description('turn DPC into credits')
    .argument('<credits>', 'how many', positiveCreditsArgument)
    .addOption(
      new Option('--method <name>', 'how the deposit is allowed')
        .choices(['permit', 'approve', 'authorization'])
        .default('permit'),
    )
    .action((amount, options) =>
      run(async context => (await commands.wallet()).depositCredits(context, amount, options)),
    )
  wallet
    .command('withdraw')
    .description('turn credits into DPC, to be claimed')
    .argument('<credits>', 'how many', positiveCreditsArgument)
    .action(amount => run(async context => (await commands.wallet()).withdrawCredits(context, amount)))
  wallet
    .command('transfer')
    .description('send credits to another wallet')
    .argument('<to>', 'its address', addressArgument)
    .argument('<credits>', 'how many', positiveCreditsArgument)
    .action((to, amount) => run(async context => (await commands.wallet()).transferCredits(context, to, amount)))
  wallet
    .command('claim')
    .description('collect the DPC that final epochs owe')
    .option('--for <address>', 'for another wallet, which receives it', addressArgument)
    .action(options => run(async context => (await commands.wallet()).claimPayout(context, options)))
}

function addLedgerCommands(ledger: Command, run: RunCommand): void {
  const source = 'an export, a store of SQLite, a data folder, or an address; default: the network'
  ledger
    .command('verify')
    .description('replay the journal, check everything in it, and name the first event that is wrong')
    .argument('[source]', source)
    .option('--rpc <address>', 'compare with the chain, too')
    .option('--acceptance <file>', 'acceptances that the ledger signed, which the journal must honour')
    .addOption(new Option('--signatures <check>', 'whether to check signatures').choices(['on', 'off']).default('on'))
    .option('--threads <n>', 'threads beside the one that does the books; default: one a core', countArgument(256))
    .option('--shard <name>', 'which shard of a store that keeps several')
    .action((from, options, command: Command) =>
      run(async context => (await commands.ledger()).verifyLedger(context, from ?? dataFlag(command), options)),
    )
  ledger
    .command('export')
    .description('write the journal into a file, unchecked')
    .argument('[source]', source)
    .requiredOption('--out <file>', 'write it there')
    .option('--shard <name>', 'which shard of a store that keeps several')
    .action((from, options, command: Command) =>
      run(async context => (await commands.ledger()).exportLedger(context, from ?? dataFlag(command), options)),
    )
}

/** The data folder as it was given on the command line, which then holds the journal that is meant. */
function dataFlag(command: Command): string | undefined {
  return command.optsWithGlobals<{ readonly data?: string }>().data
}
