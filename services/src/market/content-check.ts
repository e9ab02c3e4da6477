import type { JobSpec } from '@deparrow/ledger'
import type { ContentStore } from './content-store.port.ts'
import type { MarketRefusal } from './market.port.ts'

/** The largest module that nodes take. */
export const moduleBytesMax = 8 * 2 ** 20

/** Modules whose check is remembered, so that a module that is run often is not read each time. */
const checkedCountMax = 1_024

/** `\0asm` and version 1. @see https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const wasmPreamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

/**
 * Checks that what a specification names is stored and that its module looks like WebAssembly. The node that takes the job
 * checks the module in full.
 */
export class ContentCheck {
  readonly #checked = new Set<string>()

  constructor(private readonly content: ContentStore) {}

  async refusalOf(spec: JobSpec): Promise<MarketRefusal | undefined> {
    if (spec.engine === 'wasm') {
      const refusal = await this.#refusalOfModule(spec.moduleCid)
      if (refusal !== undefined) return refusal
    }
    if (spec.inputCid === null || (await this.content.has(spec.inputCid))) return undefined
    return { code: 'CONTENT_NOT_STORED', contentId: spec.inputCid }
  }

  async #refusalOfModule(contentId: string): Promise<MarketRefusal | undefined> {
    if (this.#checked.has(contentId) && (await this.content.has(contentId))) return undefined
    const bytes = await this.content.get(contentId)
    if (bytes === undefined) return { code: 'CONTENT_NOT_STORED', contentId }
    if (bytes.length > moduleBytesMax) {
      return { code: 'MODULE_TOO_LARGE', sizeBytes: bytes.length, sizeBytesMax: moduleBytesMax }
    }
    if (!wasmPreamble.every((byte, index) => bytes[index] === byte)) return { code: 'NOT_WEBASSEMBLY', contentId }
    this.#remember(contentId)
    return undefined
  }

  #remember(contentId: string): void {
    const oldest = this.#checked.values().next().value
    if (this.#checked.size >= checkedCountMax && oldest !== undefined) this.#checked.delete(oldest)
    this.#checked.add(contentId)
  }
}
