import type { LedgerAnswer, LedgerCommand, LedgerWriter } from '@deparrow/ledger'
import type { SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import type { LedgerHost } from './ledger-host.ts'
import { NotWriterError } from './ledger-host.ts'

const answerMsMax = 1_500

/** The writer of a shard as another process reaches it: it asks the machine that answered last, and after a failure the next one. */
export class LedgerClient implements LedgerWriter {
  private preferred = 0

  constructor(
    private readonly network: Network,
    private readonly hosts: readonly LedgerHost[],
    private readonly process: SimProcess,
  ) {}

  async submit(command: LedgerCommand): Promise<LedgerAnswer> {
    return this.ask(`submit ${command.type}`, host => host.submit(command))
  }

  async holdCertificate(orderDigest: `0x${string}`): ReturnType<LedgerWriter['holdCertificate']> {
    return this.ask('holdCertificate', host => ledgerOf(host).holdCertificate(orderDigest))
  }

  async acceptance(commandId: `0x${string}`): ReturnType<LedgerWriter['acceptance']> {
    return this.ask('acceptance', host => ledgerOf(host).acceptance(commandId))
  }

  async inboxImported(untilMs: number): Promise<void> {
    return this.ask('inboxImported', host => ledgerOf(host).inboxImported(untilMs))
  }

  private async ask<T>(what: string, effect: (host: LedgerHost) => Promise<T>): Promise<T> {
    const host = this.hosts[this.preferred % this.hosts.length]
    if (host === undefined) throw new RangeError('a shard has at least one machine')
    try {
      return await this.network.call({
        from: this.process,
        to: host.machine.name,
        what,
        effect: () => effect(host),
        isRepeatable: true,
        timeoutMs: answerMsMax,
      })
    } catch (error) {
      this.preferred++
      throw error
    }
  }
}

function ledgerOf(host: LedgerHost): NonNullable<LedgerHost['ledger']> {
  if (host.ledger === undefined) throw new NotWriterError()
  return host.ledger
}
