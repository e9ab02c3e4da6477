import { exit, log, readSome, standardInput, standardOutput, writeAll } from '../../shared/assembly/wasi'
import { writeReport } from './report'
import { Statistics } from './statistics'

const chunkBytes: u32 = 65536

/** Counts the text on standard input and writes one JSON object to standard output. */
export function _start(): void {
  const chunk = heap.alloc(chunkBytes)
  const statistics = new Statistics()
  for (;;) {
    const length = readSome(standardInput, chunk, chunkBytes)
    if (length == 0) break
    statistics.add(chunk, length)
  }
  statistics.finish()
  log('read ' + statistics.bytes.toString() + ' bytes\n')
  const report = writeReport(statistics)
  writeAll(standardOutput, report.start, <u32>report.length)
  exit(0)
}
