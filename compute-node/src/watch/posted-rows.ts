import type { PayoutRow } from '@deparrow/contracts/rows'
import { type Hex, lowerHex } from '@deparrow/ledger'
import { AnswerInvalidError } from '@deparrow/sdk/network'
import type { SettlementChain } from '../chain/open-settlement.ts'
import { rowsInCalldata } from '../chain/row-parts.ts'
import type { LogWindow } from './log-window.ts'

/** Rows of epochs by their parts, out of the calldata that posted them: the poster posts by plain transactions. */
export class PostedRows {
  /** By the root that the contract computed, which fixes the rows. */
  private readonly parts = new Map<Hex, readonly PayoutRow[]>()

  constructor(
    private readonly chain: SettlementChain,
    private readonly logs: LogWindow,
  ) {}

  /** The parts of all epochs that have rows. Throws `ANSWER_INVALID` for calldata that is not what the contract has read. */
  async read(): Promise<ReadonlyMap<number, readonly (readonly PayoutRow[])[]>> {
    const epochs = new Map<number, PayoutRow[][]>()
    for (const { args, transactionHash } of this.logs.events('RowsPosted')) {
      const parts = epochs.get(Number(args.epoch)) ?? []
      parts[args.part] = [...(await this.partOf(lowerHex(args.rowsRoot), transactionHash))]
      epochs.set(Number(args.epoch), parts)
    }
    return epochs
  }

  private async partOf(root: Hex, hash: Hex): Promise<readonly PayoutRow[]> {
    const known = this.parts.get(root)
    if (known !== undefined) return known
    const { input } = await this.chain.client.getTransaction({ hash })
    const rows = rowsInCalldata(input, root)
    if (rows === undefined) {
      throw new AnswerInvalidError(this.chain.rpcOrigin, `transaction ${hash} has not the rows of its log`)
    }
    this.parts.set(root, rows)
    return rows
  }
}
