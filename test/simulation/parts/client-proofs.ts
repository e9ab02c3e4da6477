import { type Hex, type LedgerAnswer, type LedgerCommand, verifyAcceptance } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { JournalCheck } from '../check/journal-check.ts'
import type { SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import type { Sim } from '../engine/sim.ts'
import { parties, simDomain } from '../work/party.ts'
import type { GatewayHost } from './gateway-host.ts'

type Accepted = LedgerAnswer & { readonly status: 'accepted' }

const answerMsMax = 3_000

/** How often a client wants in writing what it was told. */
const askedShare = 0.05

/** Asks for what the ledger signs about its answers, and holds that against the journal. */
export class ClientProofs {
  constructor(
    private readonly sim: Sim,
    private readonly network: Network,
    private readonly check: JournalCheck,
  ) {}

  async ask(process: SimProcess, gateway: GatewayHost, command: LedgerCommand, answer: Accepted): Promise<void> {
    if (!this.sim.random.chance(askedShare)) return
    try {
      if (command.type === 'AssignHold') await this.checkCertificate(process, gateway, command.orderDigest)
      else if (isDigest(answer.commandId))
        await this.checkAcceptance(process, gateway, answer.commandId, command, answer)
    } catch (error) {
      process.judge('a proof', error)
    }
  }

  private async checkAcceptance(
    process: SimProcess,
    gateway: GatewayHost,
    commandId: Hex,
    command: LedgerCommand,
    { lastPosition }: Accepted,
  ): Promise<void> {
    const signed = await this.call(process, gateway, 'acceptance', async () => gateway.desk?.acceptance(commandId))
    if (signed === undefined) return
    this.sim.count('acceptances verified')
    const isSigned = verifyAcceptance(ledgerCrypto, simDomain, parties.ledger.address, signed)
    const { digest, position } = signed.acceptance
    const isThere =
      command.type === 'ReceiveReceipt'
        ? this.isSettledAt(command.receipt.message.orderDigest, Number(position))
        : position === BigInt(lastPosition)
    this.sim.require(
      isSigned && digest === commandId && isThere,
      'an acceptance proves the answer',
      () => `that of ${commandId} does not`,
    )
  }

  /** A receipt is accepted where its job is paid. */
  private isSettledAt(orderDigest: Hex, position: number): boolean {
    return this.check.journals.some(({ events }) => {
      const event = events[position - 1]
      return event?.type === 'JobSettled' && event.data.orderDigest === orderDigest
    })
  }

  /** A certificate is of an assignment that is in the journal, where it says. */
  private async checkCertificate(process: SimProcess, gateway: GatewayHost, orderDigest: Hex): Promise<void> {
    const ask = async () => gateway.desk?.holdCertificate(orderDigest)
    const signed = await this.call(process, gateway, 'holdCertificate', ask)
    if (signed === undefined) return
    this.sim.count('certificates verified')
    const { position, node, attempt } = signed.message
    const assigned = this.check.journals.some(({ events }) => {
      const event = events[Number(position) - 1]
      const data = event?.type === 'HoldAssigned' ? event.data : undefined
      return data?.orderDigest === orderDigest && data.node === node && data.attempt === attempt
    })
    this.sim.require(assigned, 'a certificate is of what is durable', () => `${orderDigest} at ${position}`)
  }

  private call<T>(process: SimProcess, gateway: GatewayHost, what: string, effect: () => Promise<T>): Promise<T> {
    return this.network.call({ from: process, to: gateway.machine.name, what, effect, timeoutMs: answerMsMax })
  }
}

function isDigest(commandId: string): commandId is Hex {
  return commandId.startsWith('0x')
}
