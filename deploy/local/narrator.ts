/** Tells a person what happens, as it happens. */
export type Narrator = {
  /** Something that moved or began; one line. */
  step(title: string, ...details: readonly string[]): void
  /** A line that belongs to the last step. */
  detail(text: string): void
}

/** Writes to a stream: each step begins with the seconds since the process started. */
export function createNarrator(stream: NodeJS.WritableStream): Narrator {
  const detail = (text: string) => {
    stream.write(`          ${text}\n`)
  }
  return {
    step(title, ...details) {
      const seconds = (performance.now() / 1000).toFixed(2).padStart(6)
      stream.write(`${seconds} s  ${title}\n`)
      for (const text of details) detail(text)
    },
    detail,
  }
}
