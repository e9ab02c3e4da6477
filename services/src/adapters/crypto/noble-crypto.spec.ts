import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { bytesToHex, type Hex, hexToBytes, uintToBytes } from '@deparrow/ledger'
import { keccak256 as ethersKeccak256, recoverAddress as ethersRecover, SigningKey, Wallet } from 'ethers'
import { keccak256 as viemKeccak256 } from 'viem'
import { privateKeyToAccount, sign } from 'viem/accounts'
import { nobleCrypto } from './noble-crypto.ts'

// Order of the group of secp256k1, SEC 2 version 2.0, section 2.4.1.
const groupOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const key: Hex = `0x${'11'.repeat(32)}`
const digest = nobleCrypto.keccak256(new TextEncoder().encode('an order'))
const address = new Wallet(key).address.toLowerCase()
const signature = new SigningKey(key).sign(digest).serialized as Hex

function joined(parts: { r?: Hex; s?: Hex; v?: number }): Hex {
  const { r, s, v } = { r: `0x${signature.slice(2, 66)}`, s: `0x${signature.slice(66, 130)}`, v: undefined, ...parts }
  const vHex = v === undefined ? signature.slice(130) : v.toString(16).padStart(2, '0')
  return `0x${r.slice(2)}${s.slice(2)}${vHex}`
}

const word = (value: bigint): Hex => bytesToHex(uintToBytes(value, 32))

const refuse = (name: string, hostile: unknown, overDigest: unknown = digest) =>
  it(`recovers nobody from ${name}`, () => {
    assert.equal(nobleCrypto.recoverSigner(overDigest as Uint8Array, hostile as Hex), undefined)
  })

describe('the hashes of the ledger', () => {
  it('are those of ethers, viem and Node for every length around a block', () => {
    for (const length of [0, 1, 31, 32, 64, 135, 136, 137, 272, 1000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff)
      const keccak = bytesToHex(nobleCrypto.keccak256(bytes))
      assert.equal(keccak, ethersKeccak256(bytes))
      assert.equal(keccak, viemKeccak256(bytes))
      assert.equal(bytesToHex(nobleCrypto.sha256(bytes)), `0x${createHash('sha256').update(bytes).digest('hex')}`)
    }
  })
})

describe('the signer of a digest', () => {
  it('is recovered from signatures of ethers and of viem, with both values of v', async () => {
    const seen = new Set<string>()
    for (let index = 1; index <= 12; index++) {
      const privateKey = word(BigInt(index) * 7_919n)
      const message = nobleCrypto.sha256(uintToBytes(BigInt(index), 4))
      const expected = privateKeyToAccount(privateKey).address.toLowerCase()
      const byEthers = new SigningKey(privateKey).sign(message).serialized as Hex
      const byViem = await sign({ hash: bytesToHex(message), privateKey, to: 'hex' })
      assert.equal(nobleCrypto.recoverSigner(message, byEthers), expected)
      assert.equal(nobleCrypto.recoverSigner(message, byViem), expected)
      seen.add(byEthers.slice(-2))
    }
    assert.deepEqual([...seen].sort(), ['1b', '1c'])
  })

  it('is recovered from hexadecimal of any letter case', () => {
    assert.equal(nobleCrypto.recoverSigner(digest, `0x${signature.slice(2).toUpperCase()}`), address)
  })

  it('is another one, as for ethers, when the digest or v is another one', () => {
    const other = nobleCrypto.keccak256(new Uint8Array(3))
    assert.equal(nobleCrypto.recoverSigner(other, signature), ethersRecover(other, signature).toLowerCase())
    const flipped = joined({ v: signature.endsWith('1b') ? 28 : 27 })
    const found = nobleCrypto.recoverSigner(digest, flipped)
    assert.notEqual(found, address)
    assert.equal(found, ethersRecover(digest, flipped).toLowerCase())
  })

  const s = BigInt(`0x${signature.slice(66, 130)}`)
  refuse(
    'the same signature with s in the upper half',
    joined({ s: word(groupOrder - s), v: signature.endsWith('1b') ? 28 : 27 }),
  )
  refuse('the lowest s of the upper half', joined({ s: word(groupOrder / 2n + 1n) }))
  for (const v of [0, 1, 26, 29, 30, 35, 255]) refuse(`v ${v}`, joined({ v }))
  refuse('r zero', joined({ r: word(0n) }))
  refuse('s zero', joined({ s: word(0n) }))
  refuse('r equal to the group order', joined({ r: word(groupOrder) }))
  refuse('r of all ones', joined({ r: word(2n ** 256n - 1n) }))
  refuse('an r that is the x of no point', joined({ r: word(5n) }))
  refuse('64 bytes (EIP-2098)', signature.slice(0, 130))
  refuse('66 bytes', `${signature}00`)
  refuse('nothing', '0x')
  refuse('an empty text', '')
  refuse('text without 0x', `00${signature.slice(2)}`)
  refuse('letters that are no hexadecimal', `${signature.slice(0, 100)}zz${signature.slice(102)}`)
  refuse('a line feed at the end', `${signature.slice(0, -1)}\n`)
  refuse('half a surrogate pair', `${signature.slice(0, -1)}\ud800`)
  for (const value of [undefined, null, 7, {}, [], hexToBytes(signature)]) refuse(`a ${typeof value} (${value})`, value)
  refuse('a digest of 31 bytes', signature, digest.subarray(1))
  refuse('a digest of 33 bytes', signature, new Uint8Array(33))
  refuse('a digest that is text', signature, bytesToHex(digest))
  refuse('no digest', signature, null)

  it('is never found and never throws for 500 altered bytes', () => {
    const bytes = hexToBytes(signature)
    for (let index = 0; index < 500; index++) {
      const altered = bytes.slice()
      const place = (index * 13) % 64
      altered[place] = (altered[place] ?? 0) ^ (1 + (index % 255))
      assert.notEqual(nobleCrypto.recoverSigner(digest, bytesToHex(altered)), address)
    }
  })
})
