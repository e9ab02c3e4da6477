import { AnswerInvalidError, NetworkUnreachableError, RequestTimeoutError } from '../errors.ts'

/** One HTTP request and its bounds. */
export type BoundedRequest = {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number
  /** The body is given up beyond this, whatever `Content-Length` says. */
  readonly responseBytesMax: number
  readonly signal?: AbortSignal | undefined
}

export type BoundedResponse = { readonly status: number; readonly body: Uint8Array }

/**
 * Sends a request and reads the whole answer within its bounds. Redirects are not followed, so that a bearer token stays
 * with the host it belongs to. Throws {@link NetworkUnreachableError}, {@link RequestTimeoutError}, {@link AnswerInvalidError},
 * or the reason of `signal`.
 */
export async function boundedFetch(request: BoundedRequest): Promise<BoundedResponse> {
  const { url, timeoutMs, responseBytesMax } = request
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
  try {
    const response = await fetch(url, {
      method: request.method ?? 'GET',
      headers: request.headers ?? {},
      redirect: 'error',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    return { status: response.status, body: await readBody(response, url, responseBytesMax) }
  } catch (error) {
    if (error instanceof AnswerInvalidError) throw error
    if (request.signal?.aborted === true) throw request.signal.reason
    if (timeout.aborted) throw new RequestTimeoutError(url, timeoutMs)
    throw new NetworkUnreachableError(url, { cause: error })
  }
}

async function readBody(response: Response, url: string, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let byteCount = 0
  for await (const chunk of response.body ?? []) {
    byteCount += chunk.length
    if (byteCount > bytesMax) throw new AnswerInvalidError(url, `it is larger than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  const body = new Uint8Array(byteCount)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.length
  }
  return body
}
