import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, hexToBytes, uintToBytes } from '@deparrow/ledger'
import { secp256k1 } from '@noble/curves/secp256k1'
import { SigningKey, Wallet } from 'ethers'
import fc from 'fast-check'
import { nativeCurve, portableCurve } from './curve.ts'
import { ledgerCrypto } from './ledger-crypto.ts'
import { nativeSecp256k1 } from './native-secp256k1.ts'
import { addressOfPrivateKey, SigningInputError, signDigest } from './sign-digest.ts'

const privateKeys = fc.bigInt(1n, secp256k1.CURVE.n - 1n).map(value => uintToBytes(value, 32))

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })

const key = new Uint8Array(32).fill(0x11)

describe('signing a digest', () => {
  it('gives, for any key and digest, the bytes that ethers gives, and the signer is recovered from them', () => {
    fc.assert(
      fc.property(privateKeys, digests, (privateKey, digest) => {
        const signature = signDigest(privateKey, digest)
        assert.equal(signature, new SigningKey(bytesToHex(privateKey)).sign(digest).serialized)
        assert.equal(ledgerCrypto.recoverSigner(digest, signature), addressOfPrivateKey(privateKey))
      }),
      { numRuns: 40, seed: 20_261_203 },
    )
  })

  it('gives the same bytes natively and in plain JavaScript', { skip: nativeSecp256k1 === undefined }, () => {
    const curves = [portableCurve, ...(nativeSecp256k1 === undefined ? [] : [nativeCurve(nativeSecp256k1)])]
    const [portable, native] = curves.map(curve => curve.sign(new Uint8Array(32).fill(9), key))
    assert.deepEqual(native, portable)
  })

  const notKeys: readonly (readonly [string, Uint8Array])[] = [
    ['zero', new Uint8Array(32)],
    ['the order of the group', uintToBytes(secp256k1.CURVE.n, 32)],
    ['all ones', new Uint8Array(32).fill(0xff)],
    ['31 bytes', new Uint8Array(31).fill(1)],
    ['33 bytes', new Uint8Array(33).fill(1)],
    ['nothing', new Uint8Array(0)],
  ]
  for (const [name, privateKey] of notKeys) {
    it(`refuses a private key of ${name}, which has no address`, () => {
      assert.throws(() => signDigest(privateKey, new Uint8Array(32)), SigningInputError)
      assert.equal(addressOfPrivateKey(privateKey), undefined)
      for (const curve of [portableCurve, ...(nativeSecp256k1 === undefined ? [] : [nativeCurve(nativeSecp256k1)])]) {
        assert.equal(curve.isPrivateKey(privateKey), false)
      }
    })
  }

  for (const length of [0, 31, 33]) {
    it(`refuses a digest of ${length} bytes, without naming the key`, () => {
      assert.throws(
        () => signDigest(key, new Uint8Array(length)),
        (error: unknown) => error instanceof SigningInputError && !error.message.includes('11'.repeat(8)),
      )
    })
  }
})

describe('the address of a private key', () => {
  it('is the one that ethers gives', () => {
    assert.equal(addressOfPrivateKey(key), new Wallet(bytesToHex(key)).address.toLowerCase())
    const largest = uintToBytes(secp256k1.CURVE.n - 1n, 32)
    assert.equal(addressOfPrivateKey(largest), new Wallet(bytesToHex(largest)).address.toLowerCase())
    assert.deepEqual(hexToBytes(addressOfPrivateKey(key) ?? '0x').length, 20)
  })
})
