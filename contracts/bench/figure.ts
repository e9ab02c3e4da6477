/** What one transaction takes, whole, its calldata included. */
export type GasFigure = {
  readonly name: string
  readonly gas: number
  readonly unit: 'gas' | 'gas a payee'
  /** What it may take at most on Osaka. */
  readonly budget?: number
  /** The same done the usual way, measured in the same run. */
  readonly baseline?: number
  readonly baselineName?: string
}

export type HardforkFigures = { readonly hardfork: string; readonly figures: readonly GasFigure[] }

/** Figures of all hardforks side by side, for people. */
export function gasTable(runs: readonly HardforkFigures[]): string {
  const [first] = runs
  const head = ['figure', 'unit', ...runs.map(({ hardfork }) => hardfork), 'budget', 'baseline', '']
  const rows = (first?.figures ?? []).map(figure => [
    figure.name,
    figure.unit,
    ...runs.map(({ figures }) => String(figures.find(({ name }) => name === figure.name)?.gas ?? '')),
    figure.budget === undefined ? '' : `${figure.budget} ${figure.gas <= figure.budget ? 'met' : 'MISSED'}`,
    figure.baseline === undefined ? '' : String(figure.baseline),
    figure.baselineName ?? '',
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line).join('\n')
}

/** The figures as one line for programs. */
export function gasJson(runs: readonly HardforkFigures[]): string {
  const figures = runs.flatMap(({ hardfork, figures }) =>
    figures.map(({ name, gas, baseline }) => ({
      name,
      gas,
      hardfork,
      ...(baseline === undefined ? {} : { baseline, ratio: Math.round((gas / baseline) * 10_000) / 10_000 }),
    })),
  )
  return JSON.stringify({ figures })
}
