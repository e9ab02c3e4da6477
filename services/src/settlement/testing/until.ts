import assert from 'node:assert/strict'

/** Turns of the event loop; some seconds, where milliseconds are enough. */
const turnsMax = 500_000

/** Lets loops of the code under test run until something holds; fails when it does not come to that. */
export async function until(holds: () => boolean, meanwhile: () => void = () => undefined): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    if (holds()) return
    meanwhile()
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.fail(`did not come to hold: ${holds}`)
}
