import { type Hex, type LedgerAnswer, LedgerClosedError, type LedgerCommand, type LedgerWriter } from '@deparrow/ledger'
import { z } from 'zod'
import { commandSchema } from './command-schema.ts'
import { NotHereError, OutcomeUnknownError } from './rpc-errors.ts'
import { type RpcService, rpcCall } from './rpc-service.ts'

const hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hex>

/**
 * What a ledger process does for services that run apart from it: all that only the writer can. `writer` answers `undefined` while another
 * process has the shard; callers go on to that one then.
 */
export function ledgerRpc(writer: () => LedgerWriter | undefined): RpcService {
  const present = (): LedgerWriter => {
    const found = writer()
    if (found === undefined) throw new NotHereError('another process writes this shard, or none yet')
    return found
  }
  return {
    name: 'ledger',
    methods: {
      submit: rpcCall(z.strictObject({ command: commandSchema }), ({ command }) => decided(present(), command)),
      holdCertificate: rpcCall(z.strictObject({ orderDigest: hash }), ({ orderDigest }) =>
        present().holdCertificate(orderDigest),
      ),
      inboxImported: rpcCall(z.strictObject({ untilMs: z.int().nonnegative() }), ({ untilMs }) =>
        present().inboxImported(untilMs),
      ),
      acceptance: rpcCall(z.strictObject({ commandId: hash }), ({ commandId }) => present().acceptance(commandId)),
    },
    toldErrors: [...undecidable],
  }
}

/** A writer that fails on a command (fenced, the store away) cannot say what became of it: whoever writes next has its answer. */
async function decided(writer: LedgerWriter, command: LedgerCommand): Promise<LedgerAnswer> {
  try {
    return await writer.submit(command)
  } catch (error) {
    if (error instanceof LedgerClosedError) throw new NotHereError('this process writes the shard no longer')
    if (error instanceof Error && undecidable.has(error.name)) throw error
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new OutcomeUnknownError(`a command may be decided or not: ${reason}`)
  }
}

/** By these the ledger says that a command has no form that could be decided. */
const undecidable: ReadonlySet<string> = new Set([
  'TypedDataFieldError',
  'HexError',
  'RangeError',
  'AmbiguousTextError',
  'CanonicalJsonError',
])
