import type { Ledger } from '@deparrow/ledger'
import type { SettlementChain } from '../token-chain.port.ts'
import type { Between, SettlementFixture } from './settlement-fixture.ts'

/** Thrown in place of the process's death. */
class Killed extends Error {
  override readonly name = 'Killed'
}

/** Runs a life that ends at its n-th passage before or after something that it writes; answers whether it came to that. */
export async function runKilledAfter(passages: number, fixture: SettlementFixture): Promise<boolean> {
  let left = passages
  const pass = (): void => {
    if (left-- === 0) throw new Killed()
  }
  const mortal = async <T>(effect: () => Promise<T>): Promise<T> => {
    pass()
    const answer = await effect()
    pass()
    return answer
  }
  const between: Between = {
    ledger: (ledger: Ledger) => withMethod(ledger, 'submit', command => mortal(() => ledger.submit(command))),
    chain: (chain: SettlementChain) =>
      withMethod(
        withMethod(chain, 'send', (call, nonce) => mortal(() => chain.send(call, nonce))),
        'sendAll',
        (calls, nonce) => mortal(() => chain.sendAll(calls, nonce)),
      ),
  }
  try {
    await fixture.run(await fixture.start(between), 12)
    return false
  } catch (error) {
    if (error instanceof Killed) return true
    throw error
  }
}

function withMethod<T extends object, K extends keyof T>(target: T, name: K, method: T[K]): T {
  return new Proxy(target, {
    get(object, property) {
      if (property === name) return method
      const value = Reflect.get(object, property)
      return typeof value === 'function' ? value.bind(object) : value
    },
  })
}
