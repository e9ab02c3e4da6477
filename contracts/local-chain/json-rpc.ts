import { LocalChainRpcError } from './errors.ts'
import { RPC_CODES } from './methods.ts'

/** Requests in one batch; a client that needs more sends another batch. */
export const BATCH_REQUESTS_MAX = 100

/** Answers one method; rejects with {@link LocalChainRpcError}. */
export type RpcCall = (method: string, params: readonly unknown[]) => Promise<unknown>

type RpcId = string | number | null
type RpcResponse = { jsonrpc: '2.0'; id: RpcId } & ({ result: unknown } | { error: RpcErrorObject })
type RpcErrorObject = { code: number; message: string; data?: unknown }

/**
 * Answers a JSON-RPC 2.0 message (https://www.jsonrpc.org/specification): one request or a batch. `undefined` when
 * there is nothing to answer, which is so for notifications. Never rejects.
 */
export async function answerMessage(text: string, call: RpcCall): Promise<RpcResponse | RpcResponse[] | undefined> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return failure(null, RPC_CODES.parseError, 'The body is not JSON.')
  }
  if (!Array.isArray(message)) return answerRequest(message, call)
  if (message.length === 0) return failure(null, RPC_CODES.invalidRequest, 'The batch is empty.')
  if (message.length > BATCH_REQUESTS_MAX)
    return failure(
      null,
      RPC_CODES.limitExceeded,
      `The batch has ${message.length} requests, at most ${BATCH_REQUESTS_MAX} are taken.`,
    )
  const responses = await Promise.all(message.map(request => answerRequest(request, call)))
  const answered = responses.filter(response => response !== undefined)
  return answered.length === 0 ? undefined : answered
}

async function answerRequest(request: unknown, call: RpcCall): Promise<RpcResponse | undefined> {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return failure(null, RPC_CODES.invalidRequest, 'A request is an object.')
  const { jsonrpc, id, method, params = [] } = request as Record<string, unknown>
  if (id !== undefined && !isId(id)) return failure(null, RPC_CODES.invalidRequest, 'The id is no string or number.')
  if (jsonrpc !== '2.0' || typeof method !== 'string')
    return failure(id ?? null, RPC_CODES.invalidRequest, 'A request has jsonrpc "2.0" and a method.')
  const response = Array.isArray(params)
    ? await answerCall(id ?? null, () => call(method, params))
    : failure(id ?? null, RPC_CODES.invalidParams, 'Parameters come as an array.')
  return id === undefined ? undefined : response
}

async function answerCall(id: RpcId, call: () => Promise<unknown>): Promise<RpcResponse> {
  try {
    return { jsonrpc: '2.0', id, result: (await call()) ?? null }
  } catch (error) {
    if (!(error instanceof LocalChainRpcError)) return failure(id, RPC_CODES.internalError, 'Internal error.')
    const { code, message, data } = error
    return { jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } }
  }
}

function failure(id: RpcId, code: number, message: string): RpcResponse {
  return { jsonrpc: '2.0', id, error: { code, message } }
}

function isId(id: unknown): id is RpcId {
  return id === null || typeof id === 'string' || typeof id === 'number'
}
