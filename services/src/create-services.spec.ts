import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { startGateway } from './gateway/gateway.spec.fixture.ts'
import { PortInUseError } from './gateway/gateway-app.ts'

it('a port that is in use is told to the caller alone, who prints it', async t => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const printed: unknown[] = []
  const print = (message: unknown) => void printed.push(message)
  const logger = { log: print, warn: print, error: print, fatal: print }
  const gateway = await startGateway({ port: (other.address() as AddressInfo).port }, {}, logger)
  t.after(() => gateway.close())
  printed.length = 0
  await assert.rejects(gateway.listen(), PortInUseError)
  assert.deepEqual(printed, [])
})
