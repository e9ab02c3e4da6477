import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { JobRequest } from '@deparrow/sdk'

/** A job that the local network's agent buys. */
export type BoughtJob = {
  readonly title: string
  /** Name of the file into which its output is written. */
  readonly resultName: string
  readonly request: JobRequest
}

const repository = new URL('../../../', import.meta.url)

/** The most that the picture may cost, in µcr; what it does cost is priced by the fuel and memory that it uses. */
const pictureMaxPriceMicrocredits = 1_000_000n

/** The fixed price of the statistics, in µcr: 0.05 credits. */
const statisticsBidMicrocredits = 50_000n

/**
 * A picture, priced by usage, and the statistics of a text, at a fixed price. Sources are in `test/jobs/`. Throws
 * {@link TextFileError} for a text that cannot be read.
 */
export async function jobsToBuy(textFile: string | undefined): Promise<readonly [BoughtJob, BoughtJob]> {
  const textPath = textFile ?? new URL('LICENSE', repository)
  const [renderer, statistics, text] = await Promise.all([
    readFile(new URL('test/jobs/renderer/renderer.wasm', repository)),
    readFile(new URL('test/jobs/text-statistics/text-statistics.wasm', repository)),
    readFile(textPath).catch(error => {
      throw new TextFileError(String(textFile ?? textPath), error)
    }),
  ])
  const textName = textFile === undefined ? 'LICENSE' : basename(textFile)
  return [
    {
      title: 'a 1024 × 1024 picture, priced by what it uses',
      resultName: 'picture.png',
      request: {
        module: renderer,
        args: ['--width', '1024', '--height', '1024'],
        maxPriceMicrocredits: pictureMaxPriceMicrocredits,
      },
    },
    {
      title: `the statistics of ${textName}, at a fixed price of 0.05 credits`,
      resultName: 'text-statistics.json',
      request: {
        module: statistics,
        input: text,
        bidMicrocredits: statisticsBidMicrocredits,
        maxPriceMicrocredits: statisticsBidMicrocredits,
      },
    },
  ]
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you have no permission',
  EISDIR: 'it is a folder',
}

/** The text whose statistics are bought cannot be read; the message says why. */
export class TextFileError extends Error {
  override readonly name = 'TextFileError'
  constructor(path: string, cause: NodeJS.ErrnoException) {
    const reason = reasons[cause.code ?? ''] ?? `the system says ${cause.code}`
    super(`The text file ${path} cannot be read: ${reason}. Name another file, or none for the licence.`, { cause })
  }
}
