import { parseArgs } from 'node:util'
import { type Address, getAddress, isAddress, zeroAddress } from 'viem'
import { askerBondWeiMax, type DeployParameters, deployDefaults } from './parameters.ts'
import { type OrRefusal, refuse } from './refusal.ts'

/** What the deploy command was asked to do. */
export type DeployCommandOptions = {
  readonly rpcUrl: string
  readonly expectedChainId: number
  readonly parameters: DeployParameters
  /** Where the record of the deployment is written. */
  readonly outFile: string
  /** Whether only to say what would be sent. */
  readonly isDryRun: boolean
}

export const deployUsage = `npm run deploy -w contracts -- [options]

Deploys DPC, its emission, settlement, the node registry and disputes, and mints the genesis amounts. Does only what is missing: run again, it
verifies what is there and sends nothing. The deployer's private key is read from the file that DEPARROW_DEPLOYER_KEY_FILE
names (mode 0600, 64 hexadecimal digits).

  --rpc-url URL            JSON-RPC of the chain, http or https
  --expect-chain-id N      the chain's id; any other chain is refused
  --poster 0x…             posts epochs; a plain account, no contract
  --guardian 0x…           may cancel epochs that are not final, and stop deposits
  --distribution 0x…       receives 5 % of the cap at genesis
  --ledger-signer 0x…      the ledger's key, which signs certificates and acceptances
  --window-seconds W       how long an epoch can be cancelled
  --inbox-age-seconds D    how old deposits and payees must be before an epoch covers them
  --out FILE               where to write chain id, addresses, block and parameters as JSON
  --answer-seconds A       how long the poster may take to answer a demand (default: ${deployDefaults.answerSeconds})
  --rounds-max K           how many demands may follow one another (default: ${deployDefaults.roundsMax})
  --exit-seconds N         time without a final epoch after which the exit may start, above 3 × (W + 2·K·A)
                           (default: ${deployDefaults.exitSeconds})
  --epoch-bond-wei N       what each epoch locks of the poster's bond (default: ${deployDefaults.epochBondWei})
  --asker-bond-wei N       what a demand costs who is wrong (default: the most, a K-th of a tenth of --epoch-bond-wei)
  --compensation-max-microcredits N
                           what the bond pays at most for one receipt (default: ${deployDefaults.compensationMaxMicrocredits})
  --unbond-seconds N       how long a node's stake waits to be withdrawn (default: ${deployDefaults.unbondSeconds})
  --genesis-treasury-wei N the treasury's part of what settlement receives at genesis (default: ${deployDefaults.genesisTreasuryWei})
  --first-nonce N          number of transactions that the deployer had sent before (default: ${deployDefaults.firstNonce})
  --dry-run                print addresses, constructor arguments and gas, and send and write nothing
  --help                   this text`

const text = { type: 'string' } as const
const withDefault = (value: bigint | number) => ({ ...text, default: String(value) })
const flags = {
  'rpc-url': text,
  'expect-chain-id': text,
  poster: text,
  guardian: text,
  distribution: text,
  'ledger-signer': text,
  'window-seconds': text,
  'inbox-age-seconds': text,
  out: text,
  'answer-seconds': withDefault(deployDefaults.answerSeconds),
  'rounds-max': withDefault(deployDefaults.roundsMax),
  'exit-seconds': withDefault(deployDefaults.exitSeconds),
  'epoch-bond-wei': withDefault(deployDefaults.epochBondWei),
  'compensation-max-microcredits': withDefault(deployDefaults.compensationMaxMicrocredits),
  'unbond-seconds': withDefault(deployDefaults.unbondSeconds),
  'genesis-treasury-wei': withDefault(deployDefaults.genesisTreasuryWei),
  'first-nonce': withDefault(deployDefaults.firstNonce),
} as const

/** The option whose default follows from others. */
const askerBondFlag = 'asker-bond-wei'

type Values = Record<keyof typeof flags, string> & { readonly [askerBondFlag]?: string }

/** As long as the contracts allow (`WINDOW_SECONDS_MAX`, `UNBOND_SECONDS_MAX`). */
const WINDOW_SECONDS_MAX = 31_536_000n
/** As long as the contract allows (`EXIT_SECONDS_MAX`). */
const EXIT_SECONDS_MAX = 315_360_000n
/** As many as the contract allows (`ROUNDS_MAX`). */
const ROUNDS_MAX = 64n
/** As long as the contract allows (`PARTS_PERIOD_SECONDS`). */
const INBOX_AGE_SECONDS_MAX = 3_600n
/** All DPC that there can ever be. */
const CAP_WEI = 10n ** 27n
/** The 15 % of the cap that settlement receives. */
const GENESIS_WEI = 150_000_000n * 10n ** 18n

/** Reads the command line. Refuses with `USAGE`, naming every option that is missing or the first that cannot be used. */
export function parseDeployOptions(args: readonly string[]): OrRefusal<DeployCommandOptions> {
  try {
    const options = { ...flags, [askerBondFlag]: text, 'dry-run': { type: 'boolean', default: false } } as const
    const { values } = parseArgs({ args: [...args], options, strict: true })
    const missing = Object.keys(flags).filter(name => values[name as keyof Values] === undefined)
    if (missing.length > 0) return refuse('USAGE', `These options are missing: --${missing.join(', --')}.`)
    return { ok: true, value: { ...toOptions(values as Values), isDryRun: values['dry-run'] } }
  } catch (error) {
    // parseArgs and the readers below throw errors whose message is for the person at the keyboard.
    return refuse('USAGE', error instanceof Error ? error.message : String(error))
  }
}

function toOptions(values: Values): Omit<DeployCommandOptions, 'isDryRun'> {
  const number = (name: keyof typeof flags, min: bigint, max: bigint) =>
    readInteger(`--${name}`, values[name], min, max)
  const address = (name: keyof typeof flags) => readAddress(`--${name}`, values[name])
  if (values.out === '') throw new RangeError('--out takes the name of a file.')
  const periods = readPeriods(number)
  const epochBondWei = number('epoch-bond-wei', 1n, CAP_WEI)
  return {
    rpcUrl: readUrl(values['rpc-url']),
    expectedChainId: Number(number('expect-chain-id', 1n, BigInt(Number.MAX_SAFE_INTEGER))),
    outFile: values.out,
    parameters: {
      poster: address('poster'),
      guardian: address('guardian'),
      distribution: address('distribution'),
      ledgerSigner: address('ledger-signer'),
      ...periods,
      epochBondWei,
      askerBondWei: readAskerBond(values[askerBondFlag], { epochBondWei, roundsMax: periods.roundsMax }),
      compensationMaxMicrocredits: number('compensation-max-microcredits', 0n, CAP_WEI / 10n ** 12n),
      unbondSeconds: number('unbond-seconds', 1n, WINDOW_SECONDS_MAX),
      genesisTreasuryWei: readTreasury(number('genesis-treasury-wei', 0n, GENESIS_WEI)),
      firstNonce: Number(number('first-nonce', 0n, BigInt(Number.MAX_SAFE_INTEGER))),
    },
  }
}

/** The contract refuses an exit that could start while demands hold a living operator's epochs back. */
function readPeriods(number: (name: keyof typeof flags, min: bigint, max: bigint) => bigint) {
  const windowSeconds = number('window-seconds', 1n, WINDOW_SECONDS_MAX)
  const inboxAgeSeconds = number('inbox-age-seconds', 0n, INBOX_AGE_SECONDS_MAX)
  const answerSeconds = number('answer-seconds', 1n, WINDOW_SECONDS_MAX)
  const roundsMax = number('rounds-max', 1n, ROUNDS_MAX)
  const exitSeconds = number('exit-seconds', 1n, EXIT_SECONDS_MAX)
  const livelySeconds = 3n * (windowSeconds + 2n * roundsMax * answerSeconds)
  if (exitSeconds <= livelySeconds)
    throw new RangeError(
      `--exit-seconds takes more than 3 × (W + 2·K·A), which is ${livelySeconds} here, not ${exitSeconds}.`,
    )
  return { windowSeconds, inboxAgeSeconds, answerSeconds, roundsMax, exitSeconds }
}

/** The contract refuses a bond of which K are more than the reward; without any, it would cost nothing to hold epochs back. */
function readAskerBond(
  given: string | undefined,
  others: Pick<DeployParameters, 'epochBondWei' | 'roundsMax'>,
): bigint {
  const maxWei = askerBondWeiMax(others)
  if (maxWei === 0n)
    throw new RangeError(
      `--epoch-bond-wei takes 10 × K at least, which is ${10n * others.roundsMax} here, not ${others.epochBondWei}: a demand's bond is a K-th of a tenth of it.`,
    )
  return given === undefined ? maxWei : readInteger(`--${askerBondFlag}`, given, 1n, maxWei)
}

function readInteger(flag: string, given: string, min: bigint, max: bigint): bigint {
  const value = /^\d{1,30}$/.test(given) ? BigInt(given) : -1n
  if (value < min || value > max)
    throw new RangeError(`${flag} takes a whole number from ${min} to ${max}, not ${JSON.stringify(given)}.`)
  return value
}

function readTreasury(wei: bigint): bigint {
  if (wei % 10n ** 12n !== 0n)
    throw new RangeError(`--genesis-treasury-wei takes whole microcredits, which are 10^12 wei each, not ${wei}.`)
  return wei
}

function readAddress(flag: string, given: string): Address {
  if (!isAddress(given))
    throw new RangeError(`${flag} takes an address whose checksum is right, not ${JSON.stringify(given)}.`)
  if (given === zeroAddress) throw new RangeError(`${flag} takes an address that somebody can use, not zero.`)
  return getAddress(given)
}

function readUrl(given: string): string {
  const url = URL.parse(given)
  // The URL may carry an access key, so it is not repeated.
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new RangeError('--rpc-url takes the http or https address of a JSON-RPC server.')
  return given
}
