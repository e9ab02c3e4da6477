import { createHash } from 'node:crypto'

/** Lines that are kept for the report of a seed that failed. */
const keptLines = 60

/** What happened, step by step: the last lines for people, and a hash over all of them that two equal runs share. */
export class Trace {
  private readonly recent: string[] = []
  private readonly hash = createHash('sha256')

  /** `print` gets every line as it comes. */
  constructor(private readonly print?: (line: string) => void) {}

  add(line: string): void {
    this.hash.update(line).update('\n')
    if (this.recent.push(line) > 2 * keptLines) this.recent.splice(0, keptLines)
    this.print?.(line)
  }

  last(): readonly string[] {
    return this.recent.slice(-keptLines)
  }

  /** Of all lines so far. */
  digest(): string {
    return this.hash.copy().digest('hex')
  }
}
