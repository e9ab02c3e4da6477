import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { bytesToHex, type Hex, hexToBytes, uintToBytes } from '@deparrow/ledger'
import { secp256k1 } from '@noble/curves/secp256k1'
import { keccak256 as ethersKeccak256, recoverAddress as ethersRecover, SigningKey, Wallet } from 'ethers'
import fc from 'fast-check'
import { keccak256 as viemKeccak256 } from 'viem'
import { privateKeyToAccount, sign } from 'viem/accounts'
import { nativeCurve, portableCurve } from './curve.ts'
import { keccak256, keccak256Portable, loadKeccak } from './keccak.ts'
import { ledgerCrypto, ledgerCryptoOf } from './ledger-crypto.ts'
import { loadNative, nativeSecp256k1 } from './native-secp256k1.ts'

// Order of the group of secp256k1, SEC 2 version 2.0, section 2.4.1.
const groupOrder = secp256k1.CURVE.n

const key: Hex = `0x${'11'.repeat(32)}`
const digest = hexToBytes(ethersKeccak256(new TextEncoder().encode('an order')))
const address = new Wallet(key).address.toLowerCase()
const signature = new SigningKey(key).sign(digest).serialized as Hex

const word = (value: bigint): Hex => bytesToHex(uintToBytes(value, 32))

function joined(parts: { r?: Hex; s?: Hex; v?: number }): Hex {
  const { r, s, v } = { r: `0x${signature.slice(2, 66)}`, s: `0x${signature.slice(66, 130)}`, v: undefined, ...parts }
  const vHex = v === undefined ? signature.slice(130) : v.toString(16).padStart(2, '0')
  return `0x${r.slice(2)}${s.slice(2)}${vHex}`
}

function ethersSigner(ofDigest: Uint8Array, ofSignature: Hex): string | undefined {
  try {
    return ethersRecover(ofDigest, ofSignature).toLowerCase()
  } catch {
    return undefined
  }
}

describe('Keccak-256', () => {
  const lengths = [0, 1, 31, 32, 64, 135, 136, 137, 272, 1000, 16_383, 16_384, 16_385, 70_000]

  it('is that of ethers and viem for every length around a block, in both implementations', async () => {
    for (const length of lengths) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff)
      for (const hash of [keccak256, keccak256Portable]) {
        assert.equal(bytesToHex(hash(bytes)), ethersKeccak256(bytes))
        assert.equal(bytesToHex(hash(bytes)), viemKeccak256(bytes))
      }
    }
  })

  it('is the same in both implementations for any bytes, also a part of a larger buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(50), (bytes, from) => {
        const part = bytes.subarray(Math.min(from, bytes.length))
        assert.deepEqual(keccak256(part), keccak256Portable(part))
      }),
      { numRuns: 200, seed: 20_261_201 },
    )
  })

  it('gives each caller bytes of its own, and leaves the input as it was', () => {
    const input = Uint8Array.of(1, 2, 3)
    const first = keccak256(input)
    const kept = first.slice()
    const second = keccak256(Uint8Array.of(4))
    second.fill(0)
    assert.deepEqual(first, kept)
    assert.deepEqual(keccak256(input), kept)
    assert.deepEqual(input, Uint8Array.of(1, 2, 3))
  })

  it('is in WebAssembly here, and is done without where a platform refuses to compile', async () => {
    assert.notEqual(keccak256, keccak256Portable)
    assert.equal(await loadKeccak(() => Promise.reject(new Error('no compiler'))), undefined)
  })
})

describe('SHA-256', () => {
  it('is that of Node.js, in bytes of its own', () => {
    for (const length of [0, 1, 55, 56, 64, 1000]) {
      const bytes = new Uint8Array(length).fill(length)
      const found = ledgerCrypto.sha256(bytes)
      assert.equal(bytesToHex(found), `0x${createHash('sha256').update(bytes).digest('hex')}`)
      assert.equal(found.buffer.byteLength, 32)
    }
  })
})

describe('the native library', () => {
  it('is there on a platform that it has a build for', { skip: !hasBuild() }, () => {
    assert.notEqual(nativeSecp256k1, undefined)
  })

  it('is done without where it cannot be loaded', async () => {
    assert.equal(await loadNative(() => Promise.reject(new Error('no native build was found'))), undefined)
  })
})

function hasBuild(): boolean {
  return ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`)
}

const implementations = [
  ['the signer of a digest, in plain JavaScript', ledgerCryptoOf(portableCurve)],
  ...(nativeSecp256k1 === undefined
    ? []
    : [['the signer of a digest, natively', ledgerCryptoOf(nativeCurve(nativeSecp256k1))] as const]),
] as const

for (const [name, crypto] of implementations) {
  const refuse = (what: string, hostile: unknown, overDigest: unknown = digest) =>
    it(`is nobody for ${what}`, () => {
      assert.equal(crypto.recoverSigner(overDigest as Uint8Array, hostile as Hex), undefined)
    })

  describe(name, () => {
    it('is recovered from signatures of ethers and of viem, with both values of v', async () => {
      const seen = new Set<string>()
      for (let index = 1; index <= 12; index++) {
        const privateKey = word(BigInt(index) * 7_919n)
        const message = crypto.sha256(uintToBytes(BigInt(index), 4))
        const expected = privateKeyToAccount(privateKey).address.toLowerCase()
        const byEthers = new SigningKey(privateKey).sign(message).serialized as Hex
        const byViem = await sign({ hash: bytesToHex(message), privateKey, to: 'hex' })
        assert.equal(crypto.recoverSigner(message, byEthers), expected)
        assert.equal(crypto.recoverSigner(message, byViem), expected)
        seen.add(byEthers.slice(-2))
      }
      assert.deepEqual([...seen].sort(), ['1b', '1c'])
    })

    it('is recovered from hexadecimal of any letter case', () => {
      assert.equal(crypto.recoverSigner(digest, `0x${signature.slice(2).toUpperCase()}`), address)
    })

    it('is recovered over a digest of zeros, and over one above the order of the group', () => {
      for (const message of [new Uint8Array(32), new Uint8Array(32).fill(0xff), uintToBytes(groupOrder, 32)]) {
        const own = new SigningKey(key).sign(message).serialized as Hex
        assert.equal(crypto.recoverSigner(message, own), address)
      }
    })

    it('is another one, as for ethers, when the digest or v is another one', () => {
      const other = crypto.keccak256(new Uint8Array(3))
      assert.equal(crypto.recoverSigner(other, signature), ethersSigner(other, signature))
      const flipped = joined({ v: signature.endsWith('1b') ? 28 : 27 })
      const found = crypto.recoverSigner(digest, flipped)
      assert.notEqual(found, address)
      assert.equal(found, ethersSigner(digest, flipped))
    })

    it('is somebody for the largest s of the lower half, as for ethers', () => {
      const largest = joined({ s: word(groupOrder / 2n) })
      assert.notEqual(crypto.recoverSigner(digest, largest), undefined)
      assert.equal(crypto.recoverSigner(digest, largest), ethersSigner(digest, largest))
    })

    const s = BigInt(`0x${signature.slice(66, 130)}`)
    refuse(
      'the same signature with s in the upper half',
      joined({ s: word(groupOrder - s), v: signature.endsWith('1b') ? 28 : 27 }),
    )
    refuse('the smallest s of the upper half', joined({ s: word(groupOrder / 2n + 1n) }))
    refuse('s one below the group order', joined({ s: word(groupOrder - 1n) }))
    refuse('s equal to the group order', joined({ s: word(groupOrder) }))
    for (const v of [0, 1, 26, 29, 30, 35, 255]) refuse(`v ${v}`, joined({ v }))
    refuse('r zero', joined({ r: word(0n) }))
    refuse('s zero', joined({ s: word(0n) }))
    refuse('r and s zero', joined({ r: word(0n), s: word(0n) }))
    refuse('r equal to the group order', joined({ r: word(groupOrder) }))
    refuse('r one above the group order', joined({ r: word(groupOrder + 1n) }))
    refuse('r of all ones', joined({ r: word(2n ** 256n - 1n) }))
    refuse('an r that is the x of no point', joined({ r: word(5n) }))
    refuse('64 bytes (EIP-2098)', signature.slice(0, 130))
    refuse('66 bytes', `${signature}00`)
    refuse('nothing', '0x')
    refuse('an empty text', '')
    refuse('text without 0x', `00${signature.slice(2)}`)
    refuse('letters that are no hexadecimal', `${signature.slice(0, 100)}zz${signature.slice(102)}`)
    refuse('digits of another script', `${signature.slice(0, 100)}１２${signature.slice(102)}`)
    refuse('a line feed at the end', `${signature.slice(0, -1)}\n`)
    refuse('half a surrogate pair', `${signature.slice(0, -1)}\ud800`)
    for (const value of [undefined, null, 7, {}, [], hexToBytes(signature)])
      refuse(`a ${typeof value} (${value})`, value)
    refuse('a digest of 31 bytes', signature, digest.subarray(1))
    refuse('a digest of 33 bytes', signature, new Uint8Array(33))
    refuse('an empty digest', signature, new Uint8Array(0))
    refuse('a digest that is text', signature, bytesToHex(digest))
    refuse('a digest that is a list of numbers', signature, [...digest])
    refuse('a digest of wider numbers', signature, new Uint16Array(32))
    refuse('no digest', signature, null)

    it('is nobody where the point would be the one at infinity', () => {
      const secret = 0x1234_5678_9abcn
      const point = secp256k1.ProjectivePoint.BASE.multiply(secret).toAffine()
      const ownS = 77n
      const message = uintToBytes((secret * ownS) % groupOrder, 32)
      const v = point.y % 2n === 0n ? 27 : 28
      const hostile = joined({ r: word(point.x), s: word(ownS), v })
      assert.equal(crypto.recoverSigner(message, hostile), undefined)
      assert.notEqual(crypto.recoverSigner(message, joined({ r: word(point.x), s: word(ownS + 1n), v })), undefined)
    })

    it('is never found and never throws for 200 altered bytes', () => {
      const bytes = hexToBytes(signature)
      for (let index = 0; index < 200; index++) {
        const altered = bytes.slice()
        const place = (index * 13) % 64
        altered[place] = (altered[place] ?? 0) ^ (1 + (index % 255))
        assert.notEqual(crypto.recoverSigner(digest, bytesToHex(altered)), address)
      }
    })

    it('is the one that ethers finds for any digest, r, s and v', () => {
      const scalar = fc.oneof(
        fc.bigInt(0n, 2n ** 256n - 1n),
        fc.bigInt(1n, groupOrder / 2n),
        fc.bigInt(-3n, 3n).map(by => groupOrder + by),
        fc.bigInt(-3n, 3n).map(by => groupOrder / 2n + by),
        fc.bigInt(0n, 20n),
      )
      const message = fc.uint8Array({ minLength: 32, maxLength: 32 })
      fc.assert(
        fc.property(message, scalar, scalar, fc.constantFrom(27, 28), (own, r, ownS, v) => {
          const hostile = joined({ r: word(r), s: word(ownS), v })
          const expected = ownS > groupOrder / 2n ? undefined : ethersSigner(own, hostile)
          assert.equal(crypto.recoverSigner(own, hostile), expected)
        }),
        { numRuns: 150, seed: 20_261_202 },
      )
    })
  })
}
