import { bytesToHex, type Hex } from '../hex.ts'
import type { Pricing } from '../journal/config.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { structHash } from '../typed-data/eip712.ts'
import type { MessageType } from '../typed-data/types.ts'

/** A pricing as the contract reads it. Nobody signs it; a hold certificate names its digest. */
export const pricingType: MessageType = {
  name: 'Pricing',
  fields: [
    { name: 'cpuCoreHourMicrocredits', type: 'uint64' },
    { name: 'gpuHourMicrocredits', type: 'uint64' },
    { name: 'memoryGibHourMicrocredits', type: 'uint64' },
    { name: 'storageGibHourMicrocredits', type: 'uint64' },
    { name: 'egressGibMicrocredits', type: 'uint64' },
    { name: 'fuelCoreHourMicrocredits', type: 'uint64' },
    { name: 'feeBasisPoints', type: 'uint32' },
    { name: 'burnBasisPoints', type: 'uint32' },
  ],
}

/** EIP-712's `hashStruct` of a pricing. Throws `TypedDataFieldError` for a rate of more than 8 bytes. */
export function pricingDigest(
  crypto: Pick<LedgerCrypto, 'keccak256'>,
  { rates, feeBasisPoints, burnBasisPoints }: Pricing,
): Hex {
  return bytesToHex(structHash(crypto, pricingType, { ...rates, feeBasisPoints, burnBasisPoints }))
}
