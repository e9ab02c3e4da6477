import { type ContentStore, ContentStoreFullError } from '../market/content-store.port.ts'
import type { RpcClient } from './rpc-client.ts'
import { RemoteCallError } from './rpc-errors.ts'

/** The content store of another process. What it stores once more is no error, so everything is asked again when an answer was lost. */
export class RemoteContentStore implements ContentStore {
  constructor(private readonly client: RpcClient) {}

  async put(bytes: Uint8Array): Promise<string> {
    try {
      return (await this.client.call('put', bytes, { isRepeatable: true })) as string
    } catch (error) {
      const isFull = error instanceof RemoteCallError && error.remoteName === ContentStoreFullError.name
      throw isFull ? new ContentStoreFullError() : error
    }
  }

  async get(contentId: string): Promise<Uint8Array | undefined> {
    return (await this.client.call('get', { contentId }, { isRepeatable: true })) as Uint8Array | undefined
  }

  async has(contentId: string): Promise<boolean> {
    return (await this.client.call('has', { contentId }, { isRepeatable: true })) as boolean
  }
}
