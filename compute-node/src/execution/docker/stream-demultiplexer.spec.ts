import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { StreamDemultiplexer } from './stream-demultiplexer.ts'

function frame(stream: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

function collect(bytesMax: number) {
  const taken: Buffer[] = []
  const limits: string[] = []
  const outlet = (name: string) => ({
    bytesMax,
    onBytes: (bytes: Uint8Array) =>
      void taken.push(Buffer.from(`${name}${Buffer.from(bytes).toString('latin1')}`, 'latin1')),
    onLimit: () => void limits.push(name),
  })
  const streams = new StreamDemultiplexer(outlet('o'), outlet('l'))
  return { streams, taken, limits }
}

describe('an attached connection', () => {
  it('passes on no more than the limit and says so once', () => {
    const { streams, taken, limits } = collect(4)
    streams.push(frame(1, Buffer.from('abc')))
    streams.push(frame(1, Buffer.from('def')))
    streams.push(frame(1, Buffer.from('ghi')))
    assert.deepEqual(taken.map(String), ['oabc', 'od'])
    assert.deepEqual(limits, ['o'])
    assert.equal(streams.output.bytes, 4)
  })

  it('is taken apart the same however it is cut into pieces', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 })
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 20 }), (parts, pieceBytes) => {
        const received: Record<number, number[]> = { 1: [], 2: [] }
        const outlet = (stream: number) => ({
          bytesMax: 10_000,
          onBytes: (bytes: Uint8Array) => void received[stream]?.push(...bytes),
          onLimit: () => assert.fail('limit'),
        })
        const streams = new StreamDemultiplexer(outlet(1), outlet(2))
        const all = Buffer.concat(parts.map(([stream, bytes]) => frame(stream, bytes)))
        for (let at = 0; at < all.length; at += pieceBytes) streams.push(all.subarray(at, at + pieceBytes))
        for (const stream of [1, 2]) {
          const expected = parts.flatMap(([number, bytes]) => (number === stream ? [...bytes] : []))
          assert.deepEqual(received[stream], expected)
        }
      }),
    )
  })
})
