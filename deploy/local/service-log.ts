import type { ServicesOptions } from '@deparrow/services'
import type { Narrator } from './narrator.ts'

/** Tells of what the services warn of, as lines of the run's own progress; standard output stays what it is for. */
export function serviceLog(narrator: Narrator): NonNullable<ServicesOptions['logger']> {
  const tell = (message: unknown) => narrator.detail(`! ${String(message)}`)
  return { log: () => undefined, warn: tell, error: tell, fatal: tell }
}
