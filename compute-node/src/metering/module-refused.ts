import type { ModuleRefusal } from '../execution/engine.ts'

/**
 * Carries a refusal from deep inside the decoder to the public function that returns it. Never leaves this folder.
 */
export class ModuleRefusedError extends Error {
  override readonly name = 'ModuleRefusedError'
  constructor(readonly refusal: ModuleRefusal) {
    super(refusal.message)
  }
}

/** The bytes do not follow the WebAssembly 2.0 binary format. */
export function malformed(what: string, offset: number): ModuleRefusedError {
  const message = `The module is not WebAssembly 1: ${what} at byte ${offset}.`
  return new ModuleRefusedError({ ok: false, code: 'NOT_WEBASSEMBLY', message })
}

/** The module uses a part of WebAssembly that nodes do not run. */
export function featureNotGranted(feature: string): ModuleRefusedError {
  const message = `The module uses ${feature}, which nodes do not run.`
  return new ModuleRefusedError({ ok: false, code: 'FEATURE_NOT_GRANTED', message, feature })
}
