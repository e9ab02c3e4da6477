import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { exportLines, headOf, verdictOf, whole } from './journal.spec.fixture.ts'

const lines = exportLines()

const bytes = Buffer.from(lines.join(''))

/** The position of the event whose line holds a byte; the header counts as before the first, the end as after the last. */
function positionAt(offset: number): number {
  let end = 0
  for (const [index, line] of lines.entries()) {
    end += Buffer.byteLength(line)
    if (offset < end) return Math.max(1, index)
  }
  return lines.length - 1
}

/** The position that a finding names: that of the first event that is not as it was. */
async function foundAt(changed: Uint8Array | readonly string[]): Promise<number | undefined> {
  const text = changed instanceof Uint8Array ? changed : Buffer.from(changed.join(''))
  return (await verdictOf(text)).finding?.position
}

const someLine = fc.integer({ min: 1, max: whole.length })

describe('an export in which nobody tampered', () => {
  it('holds, however it is cut into pieces', async () => {
    for (const chunkBytes of [1, 97, 4_096, 10_000_000]) {
      const { finding, head, signatureCount } = await verdictOf(bytes, { threadCount: 1 }, chunkBytes)
      assert.equal(finding, undefined)
      assert.deepEqual(head, headOf(whole))
      assert.ok(signatureCount > 20)
    }
  })

  it('holds when it has a single event, or none', async () => {
    const short = Buffer.from(exportLines(whole.slice(0, 1)).join(''))
    assert.equal((await verdictOf(short, { threadCount: 1 })).finding, undefined)
    const empty = await verdictOf(Buffer.from(exportLines([]).join('')), { threadCount: 1 })
    assert.deepEqual([empty.finding, empty.head.position, empty.config], [undefined, 0, undefined])
  })

  it('holds without its signatures, in as many threads as there may be', async () => {
    const { finding, signatureCount } = await verdictOf(bytes, { signatures: 'trusted', threadCount: 3 })
    assert.deepEqual([finding, signatureCount], [undefined, 0])
  })
})

describe('an export is found out at the first event that is wrong', () => {
  it('when any bit of any byte is flipped', async () => {
    const flip = fc.record({ offset: fc.nat(bytes.length - 1), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(flip, async ({ offset, bit }) => {
        const changed = Uint8Array.from(bytes)
        changed[offset] = (bytes[offset] ?? 0) ^ (1 << bit)
        const found = await foundAt(changed)
        const isInHeader = offset < Buffer.byteLength(lines[0] ?? '')
        // Who wrote the header can only say of which shard it is.
        if (isInHeader && found === undefined) assert.match(lines[0]?.slice(0, offset) ?? '', /"shard":"[^"]*$/)
        else assert.equal(found, positionAt(offset))
      }),
      { numRuns: 600, seed: 20_261_121 },
    )
  })

  it('when any character of a line is changed that is no part of its payload', async () => {
    const start = Buffer.byteLength(lines.slice(0, 7).join(''))
    const length = Buffer.byteLength(lines[7] ?? '')
    for (const at of [...Array(86).keys(), length - 2, length - 1]) {
      const changed = Uint8Array.from(bytes)
      changed[start + at] = (bytes[start + at] ?? 0) ^ 1
      assert.equal(await foundAt(changed), 7, `character ${at}`)
    }
  })

  it('when a byte is taken out, put in, or put in the place of another', async () => {
    const edit = fc.record({
      offset: fc.nat(bytes.length - 1),
      removed: fc.nat(1),
      put: fc.uint8Array({ maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(edit, async ({ offset, removed, put }) => {
        const changed = Buffer.concat([bytes.subarray(0, offset), put, bytes.subarray(offset + removed)])
        if (changed.equals(bytes) || offset < Buffer.byteLength(lines[0] ?? '')) return
        const found = await foundAt(changed)
        // A line break that is gone or new shows in the line before it or in the one after.
        const place = positionAt(offset)
        assert.ok(found !== undefined && found >= place - 1 && found <= place + 1, `${found} instead of ${place}`)
      }),
      { numRuns: 600, seed: 20_261_122 },
    )
  })

  it('when an event is taken out', async () => {
    await fc.assert(
      fc.asyncProperty(someLine, async line => {
        const isLast = line === whole.length
        assert.equal(await foundAt(lines.toSpliced(line, 1)), isLast ? line : line)
      }),
      { numRuns: 25, seed: 20_261_123 },
    )
  })

  it('when an event comes twice, or two change places', async () => {
    await fc.assert(
      fc.asyncProperty(someLine, someLine, async (one, other) => {
        const [first, second] = [Math.min(one, other), Math.max(one, other)]
        assert.equal(await foundAt(lines.toSpliced(second + 1, 0, lines[second] ?? '')), second + 1)
        if (first === second) return
        const swapped = lines.with(first, lines[second] ?? '').with(second, lines[first] ?? '')
        assert.equal(await foundAt(swapped), first)
      }),
      { numRuns: 25, seed: 20_261_124 },
    )
  })

  it('when it is cut off anywhere, within a line or between two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async length => {
        const { finding, head } = await verdictOf(bytes.subarray(0, length))
        assert.equal(finding?.position, head.position + 1)
        assert.ok(head.position <= positionAt(length))
      }),
      { numRuns: 40, seed: 20_261_125 },
    )
  })

  it('when the last events are cut off and the end is left, or put right but for the hash', async () => {
    const cut = lines.toSpliced(-6, 5)
    assert.equal(await foundAt(cut), whole.length - 4)
    const { position, hash } = headOf(whole.slice(0, -5))
    const end = { position, hash: hash.replace(/.$/, digit => (digit === '0' ? '1' : '0')) }
    const mended = cut.with(-1, `${JSON.stringify({ end, isComplete: true })}\n`)
    assert.equal(await foundAt(mended), whole.length - 4)
  })

  it('when it goes on after its end, or its end says that it is a part', async () => {
    assert.equal(await foundAt([...lines, lines[1] ?? '']), whole.length + 1)
    assert.equal(await foundAt([...lines, '\n']), whole.length + 1)
    assert.equal(await foundAt(exportLines(whole, undefined, false)), whole.length + 1)
  })

  it('when it is of another chain than its first event says', async () => {
    const { finding } = await verdictOf(
      Buffer.from(lines.join('').replace('"chainId":31337,"settlement"', '"chainId":1,"settlement"')),
    )
    assert.equal(finding?.position, 1)
  })

  it('when a line is longer than memory should hold, or is no UTF-8', async () => {
    const long = Buffer.concat([Buffer.from(lines.slice(0, 3).join('')), Buffer.alloc(70 * 2 ** 20, 'x')])
    assert.deepEqual((await verdictOf(long, {}, 2 ** 20)).finding?.position, 3)
    const broken = Buffer.from(bytes)
    broken[bytes.indexOf('Transferred')] = 0xff
    const place = positionAt(bytes.indexOf('Transferred'))
    assert.match((await verdictOf(broken)).finding?.problem ?? '', /no UTF-8/)
    assert.equal(await foundAt(broken), place)
  })

  it('when there is nothing in it, or something else', async () => {
    for (const text of ['', '\n', 'a journal\n', '{}\n', lines[0] ?? '']) {
      assert.equal(await foundAt(Buffer.from(text)), 1, JSON.stringify(text))
    }
  })
})
