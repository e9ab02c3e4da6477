import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { base32 } from 'multiformats/bases/base32'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { bytesToHex } from '../hex.ts'
import { contentIdOf, digestOfContentId } from './content-id.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const rawCodec = 0x55
const sha256Code = 0x12

/** The last of 52 base32 characters carries four bits; its fifth must be zero. */
const example = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'

describe('a content id', () => {
  it('is the CID that multiformats makes of the same digest, and is read back', () => {
    fc.assert(
      fc.property(digest, bytes => {
        const cid = CID.createV1(rawCodec, create(sha256Code, bytes)).toString(base32)
        assert.equal(contentIdOf(bytesToHex(bytes)), cid)
        assert.equal(digestOfContentId(cid), bytesToHex(bytes))
      }),
    )
  })

  it('of nothing is the known one', () => {
    const sha256OfNothing = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    assert.equal(contentIdOf(sha256OfNothing), example)
  })

  it('has one form: other codecs, hashes, bases, versions and lengths are refused', () => {
    const bytes = new Uint8Array(32).fill(7)
    const sha256 = create(sha256Code, bytes)
    const others = [
      CID.createV1(0x70, sha256).toString(base32),
      CID.createV1(rawCodec, create(0x1e, bytes)).toString(base32),
      CID.createV1(rawCodec, create(sha256Code, bytes.subarray(0, 31))).toString(base32),
      CID.createV1(rawCodec, sha256).toString(base58btc),
      CID.createV0(sha256).toString(),
      example.toUpperCase(),
      `${example} `,
      `${example}a`,
      example.slice(0, -1),
      ` ${example}`,
      `${example}\n`,
      '',
    ]
    for (const other of others) assert.equal(digestOfContentId(other), undefined, JSON.stringify(other))
  })

  it('is refused when its unused last bit is set, so that no content has two names', () => {
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
    const twin = example.slice(0, -1) + alphabet[alphabet.indexOf(example.slice(-1)) ^ 1]
    assert.equal(digestOfContentId(twin), undefined)
    assert.ok(digestOfContentId(example))
  })

  it('is the whole text: nothing may stand before or after it', () => {
    for (const other of [
      `b${example}`,
      `x${example}`,
      `${example}${example}`,
      `${example}=`,
      `${example.slice(0, -1)}1`,
    ]) {
      assert.equal(digestOfContentId(other), undefined, other)
    }
  })
})
