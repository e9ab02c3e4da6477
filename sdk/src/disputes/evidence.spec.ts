import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keccak256, numberToHex } from 'viem'
import {
  decodeDebitEvidence,
  decodeHoldEvidence,
  EvidenceKindError,
  encodeDebitEvidence,
  encodeHoldEvidence,
} from './evidence.ts'
import { debitSamples, holdSamples, sampleMessage } from './evidence-samples.spec.fixture.ts'
import { isOfContracts, messageStruct } from './structs.ts'

/** Hashes of the samples as the contracts' specs encode them, by a second implementation in `contracts/test/support/evidence.ts`. */
const encodedByContracts = {
  transfer: '0xefadf9735cd0c1cc62a526b4e1e19767d50d11f93754c608c80d0a41683e0d1e',
  purchase: '0xd2c2f5a90674fd1a2029edf237f03faff225dc9ce49dd6dae505854abb9a5316',
  redemption: '0xab4756c7ddf0c85a7463a9c2e1502b1f105fff6c575b460ebdc5e288024c50a6',
  withdrawal: '0x6a9df098fbfc4ab4ee335ff01e8b6a543ba1958dceb020d4355a95e1a68deeb4',
  job: '0x857bdadfef5ab3a8aced6c37020575628751f8d32878705bb2d41949d35e090e',
  escrow: '0x58795c79ca78e8576563518b6e3be0a3909f2e683572070d614d3bc1b4b920bf',
  instruction: '0x9f847e5d7ac024a94f95d88c633b5ffdb9bb3f426e59abd433c7eb21f8677bfd',
  row: '0x1b1adc315a7190797051fd852573a4fcecf979b7f242af9217d2515930fa3acb',
  forced: '0xc7694af312c4f286114180fd0ba6a52461fcee8a381636770b19a343af92538a',
  jobHold: '0xd670d1520c337e30e379f486a21522905bbab3f30b757e961a2a8442ce3fae92',
  escrowHold: '0xd5afcf0c545eca27cc9a3324cf9c800abed66a2e281104447058e039b5bd6bab',
}

describe('evidence for the contracts', () => {
  it('cannot be read when it begins with no kind that there is, or is only a kind', () => {
    const unknown = numberToHex(9n << 256n, { size: 64 })
    assert.throws(() => decodeDebitEvidence(unknown), EvidenceKindError)
    assert.throws(() => decodeHoldEvidence(numberToHex(2n << 256n, { size: 64 })), EvidenceKindError)
    assert.throws(() => decodeDebitEvidence(numberToHex(0, { size: 32 })), EvidenceKindError)
    assert.throws(() => decodeDebitEvidence('0x'), EvidenceKindError)
  })

  it('cannot be read when it is cut short', () => {
    for (const sample of debitSamples) {
      const bytes = encodeDebitEvidence(sample)
      assert.throws(() => decodeDebitEvidence(bytes.slice(0, -64) as typeof bytes), sample.kind)
    }
  })

  it('cannot have a message that lacks a field of the contracts’ version', () => {
    const { gpuCountMax: _, ...old } = sampleMessage('JobOrder')
    assert.equal(isOfContracts('JobOrder', old), false)
    assert.throws(() => messageStruct('JobOrder', old), RangeError)
  })

  it('cannot have an amount that does not fit', () => {
    const message = messageStruct('Withdrawal', { ...sampleMessage('Withdrawal'), nonce: 2n ** 64n })
    const sample = debitSamples.find(({ kind }) => kind === 'withdrawal')
    assert.ok(sample?.kind === 'withdrawal')
    assert.throws(() => encodeDebitEvidence({ kind: 'withdrawal', fields: { ...sample.fields, message } }))
  })

  for (const sample of debitSamples) {
    it(`of a debit by ${sample.kind} is what the contracts’ specs encode, and reads back`, () => {
      const bytes = encodeDebitEvidence(sample)
      assert.equal(keccak256(bytes), encodedByContracts[sample.kind])
      assert.equal(encodeDebitEvidence(decodeDebitEvidence(bytes)), bytes)
    })
  }

  for (const sample of holdSamples) {
    it(`of a hold by ${sample.kind} is what the contracts’ specs encode, and reads back`, () => {
      const bytes = encodeHoldEvidence(sample)
      assert.equal(keccak256(bytes), encodedByContracts[`${sample.kind}Hold`])
      assert.equal(encodeHoldEvidence(decodeHoldEvidence(bytes)), bytes)
    })
  }
})
