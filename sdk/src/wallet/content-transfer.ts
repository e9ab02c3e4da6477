import { bytesToHex, digestOfContentId } from '@deparrow/ledger'
import { contentIdOfBytes } from '../content/content-id.ts'
import { AnswerInvalidError, DeparrowError, GatewayError } from '../errors.ts'
import { boundedFetch } from '../http/bounded-fetch.ts'
import { endpointOf } from '../http/graphql-client.ts'
import { ledgerHashing } from '../signing/ledger-hashing.ts'
import type { WalletContext } from './wallet-context.ts'

/** A module or an input of tens of MiB over a slow link. */
const contentTimeoutMs = 120_000

const plainAnswerBytesMax = 16 * 1024

/**
 * Stores bytes with the gateway (`PUT /content`) and returns their CID, which is computed here; throws when the gateway
 * names another one or does not take them.
 */
export async function storeContent(context: WalletContext, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
  const contentId = contentIdOfBytes(bytes)
  const url = endpointOf(context.gatewayUrl, 'content').href
  const response = await boundedFetch({
    url,
    method: 'PUT',
    headers: { authorization: `Bearer ${await context.token()}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
    timeoutMs: contentTimeoutMs,
    responseBytesMax: plainAnswerBytesMax,
    signal,
  })
  const text = new TextDecoder().decode(response.body)
  if (response.status < 200 || response.status > 299) throw errorOf(url, response.status, response.body)
  const named = /bafkrei[a-z2-7]{52}/.exec(text)?.[0]
  if (named !== contentId) {
    throw new AnswerInvalidError(url, `it names the content ${named ?? 'nothing'} instead of ${contentId}`)
  }
  return contentId
}

/**
 * Downloads content (`GET /content/:cid`) of at most `bytesMax` bytes and checks it against its CID. Throws
 * {@link ContentMismatchError} when the bytes are not those that the CID names.
 */
export async function fetchContent(
  context: WalletContext,
  contentId: string,
  bytesMax: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const digest = digestOfContentId(contentId)
  if (digest === undefined) throw new AnswerInvalidError(context.gatewayUrl, 'the output has no valid CID')
  const url = endpointOf(context.gatewayUrl, `content/${contentId}`).href
  const response = await boundedFetch({
    url,
    headers: { authorization: `Bearer ${await context.token()}` },
    timeoutMs: contentTimeoutMs,
    responseBytesMax: Math.max(bytesMax, plainAnswerBytesMax),
    signal,
  })
  if (response.status !== 200) throw errorOf(url, response.status, response.body)
  if (bytesToHex(ledgerHashing.sha256(response.body)) !== digest) throw new ContentMismatchError(contentId)
  return response.body
}

/** Errors of this route are `{ code, message }`; a proxy in between may answer with anything. */
function errorOf(url: string, status: number, body: Uint8Array): GatewayError {
  const text = new TextDecoder().decode(body).slice(0, plainAnswerBytesMax)
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown }
    if (typeof code === 'string' && typeof message === 'string') {
      return new GatewayError(url, code.slice(0, 64), message.slice(0, 400))
    }
  } catch {
    // Not JSON: the status says what there is to say.
  }
  return new GatewayError(url, `HTTP_${status}`, 'the content was not taken or given')
}

/** Thrown when bytes do not hash to the CID under which they were given. They are not returned. */
export class ContentMismatchError extends DeparrowError {
  override readonly name = 'ContentMismatchError'
  constructor(readonly contentId: string) {
    super('CONTENT_MISMATCH', `The gateway gave other bytes than those of ${contentId}; they were thrown away.`)
  }
}
