import type { NodeLogRecord } from '../daemon/node-log.ts'
import { type Failure, failureJson } from './cli-error.ts'
import { toJson } from './json.ts'

/** Where a command writes. */
export type Streams = {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}

/**
 * What a command says: its result on standard output (for a person, or with `--json` as one JSON value on one line), progress on
 * standard error when that is a terminal.
 */
export class Output {
  constructor(
    private readonly streams: Streams,
    readonly isJson: boolean,
  ) {}

  /** The result: the value for `--json`, the lines for a person. */
  result(value: unknown, lines: readonly string[]): void {
    if (this.isJson) this.streams.stdout.write(`${JSON.stringify(toJson(value))}\n`)
    else this.say(this.streams.stdout, lines.join('\n'))
  }

  /** A step under way, for a person who watches. */
  progress(text: string): void {
    if (this.streams.stderr.isTTY === true) this.say(this.streams.stderr, text)
  }

  /** A job's log while it runs, on standard error. */
  log(text: string): void {
    this.streams.stderr.write(this.streams.stderr.isTTY === true ? printable(text) : text)
  }

  /** A job's log as the result of a command. */
  logResult(id: string, text: string): void {
    if (this.isJson) this.result({ id, log: text }, [])
    else this.streams.stdout.write(this.streams.stdout.isTTY === true ? printable(text) : text)
  }

  /** What a running node tells its operator: a line of JSON with `--json`, else the sentence. */
  record(record: NodeLogRecord): void {
    const time = new Date().toISOString()
    this.say(this.streams.stderr, this.isJson ? JSON.stringify({ time, ...record }) : `${time} ${record.message}`)
  }

  failure(failure: Failure): void {
    if (this.isJson) this.streams.stdout.write(`${JSON.stringify(failureJson(failure))}\n`)
    else this.say(this.streams.stderr, failure.message)
  }

  /** Nodes, gateways and buyers have a say in most sentences. */
  private say(stream: Streams['stdout'], text: string): void {
    stream.write(`${stream.isTTY === true ? printable(text) : text}\n`)
  }
}

/** Two columns, the left one as wide as its longest text. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`)
}

/** A job writes what it likes; a terminal must not obey it. Line breaks and tabs stay. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�')
}
