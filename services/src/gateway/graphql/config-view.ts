import type { CurrentConfig, Pricing, RewardLimits } from '@deparrow/ledger'

/** The parameters of the ledger as the type `LedgerConfig` of the schema. */
export function configView({ pending, ...config }: CurrentConfig) {
  const { chainId, settlement, genesisHash, ledgerSigner, treasurer, shardCount, changeDelaySeconds } = config
  return {
    ...{ chainId, settlement, genesisHash, ledgerSigner, treasurer, shardCount, changeDelaySeconds },
    pricing: pricingView(config),
    rewards: limitsView(config.rewards),
    pending: pending && {
      id: pending.changeDigest,
      effectiveAt: pending.effectiveAtMs,
      pricing: pricingView(pending.pricing),
      rewards: limitsView(pending.rewards),
    },
  }
}

function pricingView({ rates, feeBasisPoints, burnBasisPoints }: Pricing) {
  return {
    cpuCoreHour: rates.cpuCoreHourMicrocredits,
    gpuHour: rates.gpuHourMicrocredits,
    memoryGibHour: rates.memoryGibHourMicrocredits,
    storageGibHour: rates.storageGibHourMicrocredits,
    egressGib: rates.egressGibMicrocredits,
    fuelCoreHour: rates.fuelCoreHourMicrocredits,
    feeBasisPoints,
    burnBasisPoints,
  }
}

function limitsView(limits: RewardLimits) {
  return {
    grantDayMax: limits.grantDayMicrocreditsMax,
    uptimeDayMax: limits.uptimeDayMicrocreditsMax,
    referralMax: limits.referralMicrocreditsMax,
    bonusShareBasisPoints: limits.bonusShareBasisPoints,
  }
}
