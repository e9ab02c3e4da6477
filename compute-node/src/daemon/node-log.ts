/** Something that an operator may want to know. `code` is for machines, `message` is a sentence. Never carries a secret. */
export type NodeLogRecord = {
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly message: string
  readonly data?: Readonly<Record<string, string | number>>
}

export type NodeLog = (record: NodeLogRecord) => void

/** The text of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
