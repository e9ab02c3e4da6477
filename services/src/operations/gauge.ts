import { Gauge, type Registry } from 'prom-client'

/** A figure that is asked for whenever somebody collects them; while it cannot be told, it is left out. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      const value = await Promise.resolve()
        .then(read)
        .catch(() => undefined)
      if (value === undefined) this.reset()
      else this.set(value)
    },
  })
}
