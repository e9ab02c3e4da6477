import { kListApis, Producer } from '@platformatic/kafka'

/**
 * The newest version in which AddPartitionsToTxn is a request of clients; from 4 on it is one among brokers and asks for the right
 * to act as a broker (`ClusterAction` on the cluster), which no relay should have (Kafka's AddPartitionsToTxnRequest.json).
 */
const addPartitionsVersionMax = 3

/** The library's producer, but for that request, in which it takes the newest version that a broker has. */
export class RelayProducer extends Producer {
  override [kListApis](...[callback]: Parameters<Producer[typeof kListApis]>): void {
    super[kListApis]((error, apis) => {
      if (error || apis === undefined) return callback(error, apis)
      const asClient = apis.map(api =>
        api.name === 'AddPartitionsToTxn'
          ? { ...api, maxVersion: Math.min(api.maxVersion, addPartitionsVersionMax) }
          : api,
      )
      callback(null, asClient)
    })
  }
}
