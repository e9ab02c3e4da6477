/** One JSON-RPC call; rejects with the server's message. */
export async function rpc<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answer = (await response.json()) as { result?: T; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(answer.error.message)
  return answer.result as T
}

/** One GraphQL request; rejects with the first error's message. */
export async function graphql<T>(url: string, query: string, variables: object = {}): Promise<T> {
  const body = JSON.stringify({ query, variables })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answer = (await response.json()) as { data?: T; errors?: readonly { message: string }[] }
  if (answer.errors?.[0] !== undefined) throw new Error(answer.errors[0].message)
  return answer.data as T
}
