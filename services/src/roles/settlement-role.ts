import type { Address, Clock, Ledger } from '@deparrow/ledger'
import { rpcTransport, sendOptionsLocal, ViemSettlementChain } from '../adapters/chain/viem-settlement-chain.ts'
import { openAccount } from '../config/open-secrets.ts'
import type { ConfigOf } from '../config/role-config.ts'
import { settlementRpc } from '../rpc/settlement-rpc.ts'
import { SettlementModule } from '../settlement/settlement.module.ts'
import { SettlementService } from '../settlement/settlement.service.ts'
import { type SettlementOptions, settlementOptionsLocal } from '../settlement/settlement-options.ts'
import { CLOCK, LEDGER, METRICS, SETTLEMENT_CHAIN, SETTLEMENT_OPTIONS } from '../tokens.ts'
import { followLedger } from './follow-ledger.ts'
import { journalName } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import type { RoleContext, StartedRole } from './role-context.ts'

/** Follows the chain and posts epochs; shows both to the gateway. */
export async function startSettlement(config: ConfigOf<'settlement'>, context: RoleContext): Promise<StartedRole> {
  const { clock, closing, metrics, report, server } = context
  const { shard, shardCount, ledgerUrls } = config
  const store = await openStore(config.storeUrl, context)
  const ledger = await followLedger({ store, journal: journalName(shard, shardCount), ledgerUrls }, context)
  const application = await startModule(
    SettlementModule,
    [...(await settlementValues(config, ledger, clock)), [METRICS, metrics]],
    report,
  )
  closing.defer(() => application.close())
  const settlement = application.get(SettlementService, { strict: false })
  server.expect({ name: 'settlement', isRequired: false, isHealthy: () => settlement.health().isReady })
  closing.defer(server.offer(settlementRpc(settlement.view, () => settlement.health())))
  return {}
}

export type ChainConfig = Pick<
  ConfigOf<'settlement'>,
  | 'rpcUrl'
  | 'posterKeyFile'
  | 'posterKeyPasswordFile'
  | 'chainConfirmations'
  | 'chainPollMs'
  | 'payoutGatherMs'
  | 'epochIntervalMs'
  | 'registryAddress'
  | 'gasFeeMaxGwei'
  | 'epochBondWorthGwei'
>

async function settlementValues(config: ChainConfig, ledger: Ledger, clock: Clock) {
  const settlement = ledger.config()?.settlement
  if (settlement === undefined) throw new TypeError('the ledger is not open')
  return [
    [LEDGER, ledger],
    [CLOCK, clock],
    [SETTLEMENT_CHAIN, await openChain(config, settlement)],
    [SETTLEMENT_OPTIONS, settlementOptionsOf(config)],
  ] as const
}

/** The chain with the account that posts to it. */
export async function openChain(config: ChainConfig, settlement: Address): Promise<ViemSettlementChain> {
  return new ViemSettlementChain({
    transport: rpcTransport(config.rpcUrl),
    settlement,
    registry: config.registryAddress,
    account: await openAccount(config.posterKeyFile, config.posterKeyPasswordFile),
    options: {
      ...sendOptionsLocal,
      confirmations: config.chainConfirmations,
      maxFeePerGasWei: maxFeePerGasWeiOf(config),
    },
  })
}

export function settlementOptionsOf(config: ChainConfig): SettlementOptions {
  const { chainPollMs: pollIntervalMs, payoutGatherMs: gatherMs, epochIntervalMs } = config
  const [maxFeePerGasWei, epochBondWorthWei] = [maxFeePerGasWeiOf(config), weiOf(config.epochBondWorthGwei)]
  return { ...settlementOptionsLocal, pollIntervalMs, gatherMs, epochIntervalMs, maxFeePerGasWei, epochBondWorthWei }
}

function maxFeePerGasWeiOf({ gasFeeMaxGwei }: ChainConfig): bigint | undefined {
  return weiOf(gasFeeMaxGwei)
}

function weiOf(gwei: number | undefined): bigint | undefined {
  return gwei === undefined ? undefined : BigInt(gwei) * 1_000_000_000n
}
