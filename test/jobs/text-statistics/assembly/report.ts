import { Statistics } from './statistics'
import { WordTable } from './word-table'

const topMax: u32 = 10

/** A JSON text under construction; bytes, since words may hold any UTF-8. */
export class Report {
  start: usize = heap.alloc(1024)
  length: usize = 0
  private capacity: usize = 1024

  byte(value: u8): void {
    if (this.length == this.capacity) {
      this.capacity *= 2
      this.start = heap.realloc(this.start, this.capacity)
    }
    store<u8>(this.start + this.length, value)
    this.length += 1
  }

  text(ascii: string): void {
    for (let index = 0; index < ascii.length; index += 1) this.byte(<u8>ascii.charCodeAt(index))
  }

  /** Writes a word as it is, but bytes that are no UTF-8 as the replacement character. */
  word(start: usize, length: u32): void {
    let index: u32 = 0
    while (index < length) {
      const sequence = sequenceLength(start + index, length - index)
      if (sequence == 0) {
        this.text('\\ufffd')
        index += 1
      }
      for (let taken: u32 = 0; taken < sequence; taken += 1) this.byte(load<u8>(start + index + taken))
      index += sequence
    }
  }
}

export function writeReport(statistics: Statistics): Report {
  const report = new Report()
  report.text('{"lines":' + statistics.lines.toString())
  report.text(',"words":' + statistics.words.toString())
  report.text(',"bytes":' + statistics.bytes.toString())
  report.text(',"characters":' + statistics.characters.toString())
  report.text(',"longestLine":' + statistics.longestLine.toString())
  report.text(',"top":[')
  writeTop(report, statistics.table)
  report.text(']}\n')
  return report
}

function writeTop(report: Report, table: WordTable): void {
  const top = new StaticArray<usize>(<i32>topMax)
  let found: u32 = 0
  for (let index: u32 = 0; index < table.capacity; index += 1) {
    const entry = table.entryAt(index)
    if (table.count(entry) == 0) continue
    if (found == topMax && !table.precedes(entry, top[topMax - 1])) continue
    if (found < topMax) found += 1
    let position = found - 1
    for (; position > 0 && table.precedes(entry, top[position - 1]); position -= 1) top[position] = top[position - 1]
    top[position] = entry
  }
  for (let index: u32 = 0; index < found; index += 1) {
    report.text(index == 0 ? '{"word":"' : ',{"word":"')
    report.word(table.wordAt(top[index]), table.wordLength(top[index]))
    report.text('","count":' + table.count(top[index]).toString() + '}')
  }
}

/** Bytes of the UTF-8 sequence at `start`, by table 3-7 of the Unicode Standard 16; 0 if there is no valid one. */
function sequenceLength(start: usize, left: u32): u32 {
  const lead = load<u8>(start)
  if (lead < 0x80) return 1
  const length: u32 = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  if (lead < 0xc2 || lead > 0xf4 || length > left) return 0
  const second = load<u8>(start, 1)
  const secondMin: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
  const secondMax: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
  if (second < secondMin || second > secondMax) return 0
  for (let index: u32 = 2; index < length; index += 1) {
    if ((load<u8>(start + index) & 0xc0) != 0x80) return 0
  }
  return length
}
