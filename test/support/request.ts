export type HttpAnswer = {
  readonly status: number
  readonly text: string
  /** The body as JSON; `undefined` when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

/** One HTTP request, whatever its answer. */
export async function request(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, text, json: parse(text) }
}

/** A POST of JSON, or of a text as it is. */
export function postJson(url: string, body: object | string, headers: Readonly<Record<string, string>> = {}) {
  return request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** Every message of a GraphQL answer's errors. */
export function messagesOf(answer: HttpAnswer): readonly string[] {
  const errors = (answer.json?.['errors'] ?? []) as readonly { readonly message: string }[]
  return errors.map(({ message }) => message)
}

function parse(text: string): HttpAnswer['json'] {
  try {
    return JSON.parse(text) as HttpAnswer['json']
  } catch {
    return undefined
  }
}
