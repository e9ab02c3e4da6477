import type { Hex } from '@deparrow/ledger'
import { type JobStore, logTailLengthMax } from './job-store.port.ts'
import type { JobWriter } from './job-writer.ts'
import { joinText, Mailbox } from './mailbox.ts'

/** How much of a log waits for one slow reader, in UTF-16 units. */
const waitingLengthMax = 64 * 1024

type RunningLog = { text: string; readonly decoder: InstanceType<typeof TextDecoder>; isDirty: boolean }

/** The tails of the logs of running jobs, with their readers. Bytes become text at arrival; what is no UTF-8 becomes U+FFFD. */
export class JobLogs {
  readonly #running = new Map<Hex, RunningLog>()
  readonly #readers = new Map<Hex, Set<Mailbox<string>>>()

  constructor(
    private readonly store: Pick<JobStore, 'log'>,
    private readonly writer: JobWriter,
  ) {}

  /** Goes on with the stored tail of a job that ran before a restart. */
  async load(id: Hex): Promise<void> {
    const text = await this.store.log(id)
    if (text !== undefined) this.#begin(id).text = text
  }

  /** Appends what a node sent. */
  append(id: Hex, chunk: Uint8Array): void {
    const log = this.#running.get(id) ?? this.#begin(id)
    const text = log.decoder.decode(chunk, { stream: true }).replaceAll('\0', '\uFFFD')
    if (text === '') return
    log.text = `${log.text}${text}`.slice(-logTailLengthMax)
    log.isDirty = true
    for (const reader of this.#readers.get(id) ?? []) reader.push(text)
  }

  async text(id: Hex): Promise<string> {
    return this.#running.get(id)?.text ?? (await this.store.log(id)) ?? ''
  }

  /** The tail so far, then what comes, until {@link end}. */
  async follow(id: Hex, hasEnded: boolean): Promise<Mailbox<string>> {
    const reader = new Mailbox<string>(joinText(waitingLengthMax), () => this.#removeReader(id, reader))
    const stored = this.#running.has(id) ? undefined : await this.store.log(id)
    const text = this.#running.get(id)?.text ?? stored ?? ''
    if (text !== '') reader.push(text)
    if (hasEnded) reader.end()
    else this.#readers.set(id, (this.#readers.get(id) ?? new Set()).add(reader))
    return reader
  }

  /** Hands what is new to the writer; it becomes durable with the next write. */
  save(): void {
    for (const [id, log] of this.#running) {
      if (!log.isDirty) continue
      log.isDirty = false
      this.writer.setLog(id, log.text)
    }
  }

  /** The job has ended: its log goes out with the write of the job, and its readers come to an end. */
  end(id: Hex): void {
    const log = this.#running.get(id)
    if (log?.isDirty) this.writer.setLog(id, log.text)
    for (const reader of this.#readers.get(id) ?? []) reader.end()
    if (log === undefined) return
    log.isDirty = false
    this.writer.flush().then(
      () => this.#running.delete(id),
      () => {
        log.isDirty = true
      },
    )
  }

  #removeReader(id: Hex, reader: Mailbox<string>): void {
    const readers = this.#readers.get(id)
    readers?.delete(reader)
    if (readers?.size === 0) this.#readers.delete(id)
  }

  #begin(id: Hex): RunningLog {
    const log: RunningLog = { text: '', decoder: new TextDecoder(), isDirty: false }
    this.#running.set(id, log)
    return log
  }
}
