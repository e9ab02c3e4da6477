import type { Pricing } from '@deparrow/ledger'
import { operations } from '../api/operations.ts'
import { type Fields, read } from '../api/read.ts'
import { type GatewayLimits, GraphqlClient, gatewayLimitsDefault } from '../http/graphql-client.ts'

/**
 * The pricings that a gateway says its ledger has: the one that counts, and the one that is announced. Whoever works by one compares its digest with the
 * certificate's, and so need not trust the gateway. Throws `ANSWER_INVALID`.
 */
export async function fetchPricings(
  url: string,
  options: { readonly limits?: Partial<GatewayLimits> } = {},
): Promise<readonly Pricing[]> {
  const graphql = new GraphqlClient(url, { ...gatewayLimitsDefault, ...options.limits })
  const config = read.object(read.object(await graphql.request({ document: operations.pricings }), 'ledger'), 'config')
  const announced = config['pending'] == null ? [] : [read.object(config, 'pending')]
  return [config, ...announced].map(of => readPricing(read.object(of, 'pricing')))
}

function readPricing(fields: Fields): Pricing {
  return {
    rates: {
      cpuCoreHourMicrocredits: read.amount(fields, 'cpuCoreHour'),
      gpuHourMicrocredits: read.amount(fields, 'gpuHour'),
      memoryGibHourMicrocredits: read.amount(fields, 'memoryGibHour'),
      storageGibHourMicrocredits: read.amount(fields, 'storageGibHour'),
      egressGibMicrocredits: read.amount(fields, 'egressGib'),
      fuelCoreHourMicrocredits: read.amount(fields, 'fuelCoreHour'),
    },
    feeBasisPoints: read.integer(fields, 'feeBasisPoints'),
    burnBasisPoints: read.integer(fields, 'burnBasisPoints'),
  }
}
