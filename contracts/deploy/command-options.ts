import { parseArgs } from 'node:util'
import { type Address, getAddress, isAddress, zeroAddress } from 'viem'
import { type DeployParameters, deployDefaults } from './parameters.ts'
import { type OrRefusal, refuse } from './refusal.ts'

/** What the deploy command was asked to do. */
export type DeployCommandOptions = {
  readonly rpcUrl: string
  readonly expectedChainId: number
  readonly parameters: DeployParameters
  /** Where the record of the deployment is written. */
  readonly outFile: string
}

export const deployUsage = `npm run deploy -w contracts -- [options]

Deploys DPC, its emission and the settlement contract, and mints the genesis amounts. Does only what is missing: run again, it
verifies what is there and sends nothing. The deployer's private key is read from the file that DEPARROW_DEPLOYER_KEY_FILE
names (mode 0600, 64 hexadecimal digits).

  --rpc-url URL            JSON-RPC of the chain, http or https
  --expect-chain-id N      the chain's id; any other chain is refused
  --poster 0x…             posts epochs; a plain account, no contract
  --guardian 0x…           may cancel epochs that are not final, and stop deposits
  --distribution 0x…       receives 5 % of the cap at genesis
  --window-seconds W       how long an epoch can be cancelled
  --inbox-age-seconds D    how old deposits and payees must be before an epoch covers them
  --out FILE               where to write chain id, addresses, block and parameters as JSON
  --genesis-treasury-wei N the treasury's part of what settlement receives at genesis (default: ${deployDefaults.genesisTreasuryWei})
  --first-nonce N          number of transactions that the deployer had sent before (default: ${deployDefaults.firstNonce})
  --help                   this text`

const text = { type: 'string' } as const
const flags = {
  'rpc-url': text,
  'expect-chain-id': text,
  poster: text,
  guardian: text,
  distribution: text,
  'window-seconds': text,
  'inbox-age-seconds': text,
  out: text,
  'genesis-treasury-wei': { ...text, default: String(deployDefaults.genesisTreasuryWei) },
  'first-nonce': { ...text, default: String(deployDefaults.firstNonce) },
} as const

type Values = Record<keyof typeof flags, string>

/** As long as the contract allows (`WINDOW_SECONDS_MAX`). */
const WINDOW_SECONDS_MAX = 31_536_000n
/** As long as the contract allows (`PARTS_PERIOD_SECONDS`). */
const INBOX_AGE_SECONDS_MAX = 3_600n
/** The 15 % of the cap that settlement receives. */
const GENESIS_WEI = 150_000_000n * 10n ** 18n

/** Reads the command line. Refuses with `USAGE`, naming every option that is missing or the first that cannot be used. */
export function parseDeployOptions(args: readonly string[]): OrRefusal<DeployCommandOptions> {
  try {
    const { values } = parseArgs({ args: [...args], options: flags, strict: true })
    const missing = Object.keys(flags).filter(name => values[name as keyof Values] === undefined)
    if (missing.length > 0) return refuse('USAGE', `These options are missing: --${missing.join(', --')}.`)
    return { ok: true, value: toOptions(values as Values) }
  } catch (error) {
    // parseArgs and the readers below throw errors whose message is for the person at the keyboard.
    return refuse('USAGE', error instanceof Error ? error.message : String(error))
  }
}

function toOptions(values: Values): DeployCommandOptions {
  const number = (name: keyof Values, min: bigint, max: bigint) => readInteger(`--${name}`, values[name], min, max)
  const address = (name: keyof Values) => readAddress(`--${name}`, values[name])
  if (values.out === '') throw new RangeError('--out takes the name of a file.')
  return {
    rpcUrl: readUrl(values['rpc-url']),
    expectedChainId: Number(number('expect-chain-id', 1n, BigInt(Number.MAX_SAFE_INTEGER))),
    outFile: values.out,
    parameters: {
      poster: address('poster'),
      guardian: address('guardian'),
      distribution: address('distribution'),
      windowSeconds: number('window-seconds', 1n, WINDOW_SECONDS_MAX),
      inboxAgeSeconds: number('inbox-age-seconds', 0n, INBOX_AGE_SECONDS_MAX),
      genesisTreasuryWei: readTreasury(number('genesis-treasury-wei', 0n, GENESIS_WEI)),
      firstNonce: Number(number('first-nonce', 0n, BigInt(Number.MAX_SAFE_INTEGER))),
    },
  }
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
