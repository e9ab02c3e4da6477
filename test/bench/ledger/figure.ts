import { cpus, totalmem } from 'node:os'

/** One line of the benchmark. Rates are per second, times in ms, memory in MB (10^6 bytes). */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The same measured the usual way, or at its best, in the same run. */
  readonly baseline?: number
  readonly ratio?: number
  readonly p50?: number
  readonly p99?: number
  readonly p999?: number
  readonly max?: number
  /** What must be reached, in words, and whether it was. */
  readonly target?: string
  readonly isMet?: boolean
}

/** p50, p99, p99.9 and max of latencies, by the nearest-rank method, rounded to µs where the values are ms. */
export function latencies(values: Float64Array): Pick<Figure, 'p50' | 'p99' | 'p999' | 'max'> {
  const sorted = values.slice().sort()
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0)
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) }
}

export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

/** The machine that the figures belong to. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`
}

/** The figures as a table for people. */
export function table(figures: readonly Figure[]): string {
  const head = ['figure', 'value', 'unit', 'p50', 'p99', 'p99.9', 'max', 'baseline', 'ratio', 'target']
  const rows = figures.map(figure => [
    figure.name,
    String(Math.round(figure.value * 100) / 100),
    figure.unit,
    ...[figure.p50, figure.p99, figure.p999, figure.max, figure.baseline, figure.ratio].map(cell),
    figure.target === undefined ? '' : `${figure.target}: ${figure.isMet === true ? 'met' : 'MISSED'}`,
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ')
  return [head, ...rows].map(line).join('\n')
}

function cell(value: number | undefined): string {
  return value === undefined ? '' : String(Math.round(value * 100) / 100)
}
