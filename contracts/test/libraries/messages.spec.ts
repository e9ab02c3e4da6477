import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Message, type MessageType, structHash } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import fc from 'fast-check'
import { bytesToHex, concatHex, domainSeparator, encodePacked, type Hex, hashStruct, keccak256, pad, toHex } from 'viem'
import { anyMessageOf } from '../support/any-message.fixture.ts'
import { viem } from '../support/chain.ts'
import { actor, asStruct, digestOf, messageTypes, testDomain, withByte } from '../support/messages.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
const harness = await viem.deployContract('MessagesHarness')
const read = harness.read as unknown as Record<string, (args: readonly unknown[]) => Promise<Hex>>

const runs = { numRuns: 40, seed: 20_260_703 }

/** The order of the curve's group. */
const groupOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const hashOnChain = (type: MessageType, message: Message): Promise<Hex> => {
  const hash = read[`hash${type.name}`]
  assert.ok(hash, `the harness hashes no ${type.name}`)
  return hash([asStruct(type, message)])
}

const hashByViem = ({ name, fields }: MessageType, message: Message): Hex =>
  hashStruct({ data: { ...message }, types: { [name]: fields }, primaryType: name })

describe('a signature', () => {
  const digest = keccak256('0x01')
  const signer = actor(1)

  it('is refused unless it has 65 bytes: neither compact nor longer', async () => {
    const signature = await signer.signDigest(digest)
    for (const wrong of ['0x', signature.slice(0, -2), `${signature}00`] as Hex[])
      await reverts(harness.read.signerOf([digest, wrong]), harness, 'SignatureInvalid', [digest])
  })

  it('is refused with a recovery byte other than 27 and 28', async () => {
    const signature = await signer.signDigest(digest)
    for (const v of [0, 1, 26, 29, 30, 255]) {
      const wrong = withByte(signature, 64, () => v)
      await reverts(harness.read.signerOf([digest, wrong]), harness, 'SignatureInvalid', [digest])
    }
  })

  it('is refused in its second form, with s in the upper half', async () => {
    const signature = await signer.signDigest(digest)
    const s = groupOrder - BigInt(`0x${signature.slice(66, 130)}`)
    const v = signature.endsWith('1b') ? '0x1c' : '0x1b'
    const second = concatHex([signature.slice(0, 66) as Hex, pad(toHex(s)), v])
    await reverts(harness.read.signerOf([digest, second]), harness, 'SignatureInvalid', [digest])
  })

  it('is refused with r and s out of range', async () => {
    const one = pad('0x01')
    for (const [r, s] of [
      [pad('0x00'), one],
      [one, pad('0x00')],
      [toHex(groupOrder), one],
      [toHex(2n ** 256n - 1n), one],
    ] as const) {
      const wrong = concatHex([r, s, '0x1b'])
      await reverts(harness.read.signerOf([digest, wrong]), harness, 'SignatureInvalid', [digest])
    }
  })

  it('is refused as that of another key, and over another digest', async () => {
    const other = actor(2)
    const byOther = await other.signDigest(digest)
    const refused = harness.read.requireSigned([digest, byOther, signer.address])
    await viem.assertions.revertWithCustomError(refused, harness, 'SignerDiffers')
    const overOther = await signer.signDigest(keccak256('0x02'))
    const elsewhere = harness.read.requireSigned([digest, overOther, signer.address])
    await viem.assertions.revertWithCustomError(elsewhere, harness, 'SignerDiffers')
    await harness.read.requireSigned([digest, byOther, other.address])
  })

  it('belongs to the same key, or to none, as the ledger finds, whatever of it is changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat({ max: 64 }), fc.nat({ max: 255 }), async (seed, index, change) => {
        const signed = keccak256(toHex(seed))
        const signature = withByte(await actor(seed).signDigest(signed), index, byte => byte ^ change)
        const expected = ethersCrypto.recoverSigner(Buffer.from(signed.slice(2), 'hex'), signature)
        const reading = harness.read.signerOf([signed, signature])
        if (expected === undefined) await reverts(reading, harness, 'SignatureInvalid', [signed])
        else assert.equal((await reading).toLowerCase(), expected)
      }),
      { ...runs, numRuns: 150 },
    )
  })
})

describe('the hash of a message', () => {
  for (const type of messageTypes) {
    it(`is the ledger's for any ${type.name}`, async () => {
      await fc.assert(
        fc.asyncProperty(anyMessageOf(type), async message => {
          const hash = await hashOnChain(type, message)
          assert.equal(hash, bytesToHex(structHash(ethersCrypto, type, message)))
          assert.equal(hash, hashByViem(type, message))
        }),
        runs,
      )
    })
  }

  it('is another for every field that is changed', async () => {
    for (const type of messageTypes) {
      const [one, other] = fc.sample(anyMessageOf(type), { numRuns: 2, seed: 7 }) as [Message, Message]
      const hashes = [await hashOnChain(type, one)]
      for (const { name } of type.fields)
        hashes.push(await hashOnChain(type, { ...one, [name]: other[name] as string }))
      const equal = type.fields.filter(({ name }) => String(one[name]) === String(other[name])).length
      assert.equal(new Set(hashes).size, hashes.length - equal)
    }
  })

  it('is signed within a domain: name, version, chain and settlement contract', async () => {
    const { chainId, verifyingContract } = testDomain
    const domain = await harness.read.domainSeparator([BigInt(chainId), verifyingContract])
    const name = { name: 'DEparrow', version: '1', chainId, verifyingContract }
    assert.equal(domain, domainSeparator({ domain: name }))
    for (const type of messageTypes) {
      const [message] = fc.sample(anyMessageOf(type), { numRuns: 1, seed: 8 }) as [Message]
      const digest = await harness.read.digestOf([domain, await hashOnChain(type, message)])
      assert.equal(digest, digestOf(type, message))
    }
  })
})

describe('the keys of an epoch’s trees', () => {
  it('are the hashes of what they name', async () => {
    const { address } = actor(3)
    const digest = keccak256('0x03')
    assert.equal(await harness.read.laneKey([address, 7]), keccak256(encodePacked(['address', 'uint32'], [address, 7])))
    assert.equal(await harness.read.keyOfInboxItem([9n]), keccak256(encodePacked(['string', 'uint64'], ['inbox', 9n])))
    assert.equal(await harness.read.keyOfRow([9n]), keccak256(encodePacked(['string', 'uint64'], ['row', 9n])))
    const instruction = encodePacked(['string', 'bytes32', 'uint64'], ['instruction', digest, 9n])
    assert.equal(await harness.read.keyOfInstruction([digest, 9n]), keccak256(instruction))
  })
})
