import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DockerAddressError, parseDockerHost } from './docker-address.ts'
import { DockerEngine } from './docker-engine.ts'

describe('the address of Docker Engine', () => {
  it('is refused when it names no known transport, host or port', () => {
    for (const address of [
      '',
      'ssh://host',
      'unix://relative',
      'tcp://host',
      'tcp://:2375',
      'https://host:2376',
      'npipe:////./pipe/x',
    ]) {
      assert.throws(() => parseDockerHost(address), DockerAddressError, address)
    }
  })

  it('is a socket path or a host with its port', () => {
    assert.deepEqual(parseDockerHost('unix:///run/docker.sock'), { socketPath: '/run/docker.sock' })
    assert.deepEqual(parseDockerHost('tcp://127.0.0.1:2375'), { protocol: 'http', host: '127.0.0.1', port: 2375 })
  })

  it('where nothing listens gives no engine', async () => {
    const dockerHost = 'unix:///nowhere/docker.sock'
    assert.equal(await DockerEngine.connect({ dockerHost, nodeAddress: '0x1', pullTimeoutMs: 0 }), undefined)
  })
})
