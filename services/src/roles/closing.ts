/** What a process has opened, to be closed in reverse order: whoever uses something is closed before it. */
export class Closing {
  private readonly closers: (() => unknown)[] = []

  /** Closes this too, before what was given earlier. */
  defer(close: () => unknown): void {
    this.closers.push(close)
  }

  /** Closes everything, also when a part of it fails to; `report` hears of that. */
  async close(report: (problem: string) => void): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        report(`something was not closed as it should be: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
}
