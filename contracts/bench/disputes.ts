import type { GasFigure } from './figure.ts'
import type { Setting } from './setting.ts'

export async function disputeFigures(_setting: Setting): Promise<readonly GasFigure[]> {
  return []
}
