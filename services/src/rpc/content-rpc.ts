import { z } from 'zod'
import { type ContentStore, ContentStoreFullError } from '../market/content-store.port.ts'
import { type RpcService, rpcCall } from './rpc-service.ts'

const byId = z.strictObject({ contentId: z.string().max(200) })

/** What a process that has a content store does for those that have none. */
export function contentRpc(content: ContentStore): RpcService {
  return {
    name: 'content',
    methods: {
      put: rpcCall(z.instanceof(Uint8Array), bytes => content.put(bytes)),
      get: rpcCall(byId, ({ contentId }) => content.get(contentId)),
      has: rpcCall(byId, ({ contentId }) => content.has(contentId)),
    },
    toldErrors: [ContentStoreFullError.name],
  }
}
