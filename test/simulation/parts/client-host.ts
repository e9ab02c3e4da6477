import type { LedgerAnswer, LedgerCommand } from '@deparrow/ledger'
import type { AnswerCheck } from '../check/answer-check.ts'
import { Machine, type SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import type { Sim } from '../engine/sim.ts'
import { shardOf } from '../work/shard-of.ts'
import type { ClientProofs } from './client-proofs.ts'
import type { GatewayHost } from './gateway-host.ts'

export type ClientHostParts = {
  readonly sim: Sim
  readonly network: Network
  readonly gateways: readonly GatewayHost[]
  readonly answers: AnswerCheck
  readonly proofs: ClientProofs
  /** The next command that a client wants, until there are enough. */
  readonly next: () => LedgerCommand | undefined
  readonly thinkMs: number
}

const answerMsMax = 3_000
const retryMs = 120
const sessionsPerClient = 8

/**
 * A machine whose sessions send commands, each one until it is answered. What it wants to send is written down first, so that another
 * process goes on with it after a crash.
 */
export class ClientHost {
  readonly machine: Machine
  private readonly outbox = new Set<LedgerCommand>()

  constructor(
    private readonly parts: ClientHostParts,
    name: string,
  ) {
    this.machine = new Machine(parts.sim, name, process => this.boot(process))
  }

  get unanswered(): number {
    return this.outbox.size
  }

  private boot(process: SimProcess): void {
    for (const command of this.outbox) process.run('a command of before', () => this.send(process, command))
    for (let session = 0; session < sessionsPerClient; session++) process.run('a session', () => this.session(process))
  }

  private async session(process: SimProcess): Promise<void> {
    const { sim, thinkMs, next } = this.parts
    for (;;) {
      await process.sleep(sim.random.pause(thinkMs))
      const command = next()
      if (command === undefined) return
      this.outbox.add(command)
      await this.send(process, command)
    }
  }

  private async send(process: SimProcess, command: LedgerCommand): Promise<void> {
    const { sim, answers } = this.parts
    for (;;) {
      const gateway = sim.random.pick(this.parts.gateways)
      const sentUs = sim.scheduler.nowUs
      try {
        const answer = await this.ask(process, gateway, command)
        answers.acknowledged(command, answer, shardOf(answer), sentUs)
        this.outbox.delete(command)
        if (answer.status === 'accepted') await this.parts.proofs.ask(process, gateway, command, answer)
        return
      } catch (error) {
        process.judge(`a client’s ${command.type}`, error)
        await process.sleep(sim.random.pause(retryMs))
      }
    }
  }

  private ask(process: SimProcess, gateway: GatewayHost, command: LedgerCommand): Promise<LedgerAnswer> {
    return this.parts.network.call({
      from: process,
      to: gateway.machine.name,
      what: command.type,
      effect: () => gateway.submit(command),
      isRepeatable: true,
      timeoutMs: answerMsMax,
    })
  }
}
