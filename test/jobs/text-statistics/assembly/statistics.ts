import { WordTable } from './word-table'

/**
 * Counts as `wc` does: a line is a newline; a word is a run of bytes between the six white-space characters of ASCII;
 * a character is any byte that does not continue a UTF-8 sequence. The longest line is measured in characters.
 * The words of the frequency table are narrower: runs of letters, digits and non-ASCII characters, in lower case.
 */
export class Statistics {
  lines: u64 = 0
  words: u64 = 0
  bytes: u64 = 0
  characters: u64 = 0
  longestLine: u64 = 0
  readonly table: WordTable = new WordTable()
  private lineLength: u64 = 0
  private isInWord: bool = false

  add(start: usize, length: u32): void {
    this.bytes += length
    for (let index: u32 = 0; index < length; index += 1) this.addByte(load<u8>(start + index))
  }

  /** Takes the last line and word into account, which may lack a newline behind them. */
  finish(): void {
    this.endLine()
    this.table.endWord()
  }

  private addByte(byte: u8): void {
    if (byte == 0x0a) {
      this.lines += 1
      this.characters += 1
      this.endLine()
    } else if ((byte & 0xc0) != 0x80) {
      this.characters += 1
      this.lineLength += 1
    }
    const isSpace = byte == 0x20 || (byte >= 0x09 && byte <= 0x0d)
    if (!isSpace && !this.isInWord) this.words += 1
    this.isInWord = !isSpace
    if (isWordByte(byte)) this.table.append(byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)
    else this.table.endWord()
  }

  private endLine(): void {
    if (this.lineLength > this.longestLine) this.longestLine = this.lineLength
    this.lineLength = 0
  }
}

function isWordByte(byte: u8): bool {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte >= 0x80
}
