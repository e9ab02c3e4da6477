import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptanceRootType,
  acceptanceType,
  assignmentReleaseType,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
  type Field,
  type FieldValue,
  holdCertificateType,
  iouDefaultType,
  iouRedemptionType,
  iouType,
  jobOrderType,
  type MessageType,
  nodeRegistrationType,
  orderCancellationType,
  payoutInstructionType,
  permissionRevocationType,
  spendPermissionType,
  transferType,
  typedDataJson,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { TypedDataEncoder, verifyTypedData } from 'ethers'
import fc from 'fast-check'
import { hashTypedData } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { messageDigest, recoverSigner, signMessage, viemTypedData } from './typed-data.ts'

const types: readonly MessageType[] = [
  acceptanceRootType,
  acceptanceType,
  assignmentReleaseType,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
  iouDefaultType,
  iouRedemptionType,
  iouType,
  holdCertificateType,
  jobOrderType,
  nodeRegistrationType,
  orderCancellationType,
  payoutInstructionType,
  permissionRevocationType,
  spendPermissionType,
  transferType,
  usageReceiptType,
  withdrawalType,
]

const hexOf = (byteCount: number) =>
  fc.uint8Array({ minLength: byteCount, maxLength: byteCount }).map(bytes => `0x${Buffer.from(bytes).toString('hex')}`)

function fieldValue(field: Field): fc.Arbitrary<FieldValue> {
  if (field.type === 'address') return hexOf(20)
  if (field.type === 'bytes32') return hexOf(32)
  if (field.type === 'bool') return fc.boolean()
  if (field.type === 'string') return fc.string({ unit: 'binary', maxLength: 40 })
  if (field.type === 'address[]') return fc.array(hexOf(20), { maxLength: 5 })
  if (field.type === 'string[]') return fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 5 })
  if (field.type === 'uint64') return fc.bigInt(0n, 2n ** 64n - 1n)
  return fc.integer({ min: 0, max: field.type === 'uint8' ? 255 : 2 ** 32 - 1 })
}

const domains = fc.record({
  chainId: fc.integer({ min: 1, max: 2 ** 31 }),
  verifyingContract: hexOf(20).map(hex => hex as `0x${string}`),
})

const messagesOf = (type: MessageType) =>
  fc.record(Object.fromEntries(type.fields.map(field => [field.name, fieldValue(field)])))

for (const type of types) {
  test(`the ledger, viem and ethers hash every ${type.name} to the same digest`, () => {
    fc.assert(
      fc.property(domains, messagesOf(type), (domain, message) => {
        const digest = messageDigest(domain, type, message)
        assert.equal(hashTypedData(viemTypedData(domain, type, message)), digest)
        const json = typedDataJson(domain, type, message)
        const own = { [type.name]: [...type.fields] }
        assert.equal(TypedDataEncoder.hash(json.domain, own, json.message), digest)
      }),
      { numRuns: 50 },
    )
  })
}

const domain = { chainId: 31337, verifyingContract: `0x${'ab'.repeat(20)}` } as const
const account = privateKeyToAccount(generatePrivateKey())
const transfer = {
  from: account.address.toLowerCase(),
  to: `0x${'cd'.repeat(20)}`,
  amountMicrocredits: 5n,
  lane: 0,
  nonce: 1n,
  deadline: 9n,
}
const signer = account.address.toLowerCase()

test('a signature is recovered to its signer by the wallet and by ethers', async () => {
  const signed = await signMessage(account, domain, transferType, transfer)
  assert.equal(await recoverSigner(domain, transferType, signed), signer)
  const json = typedDataJson(domain, transferType, transfer)
  const own = { Transfer: [...transferType.fields] }
  assert.equal(verifyTypedData(json.domain, own, json.message, signed.signature), account.address)
})

test('a signature for another chain or contract is recovered to nobody known', async () => {
  const signed = await signMessage(account, domain, transferType, transfer)
  assert.notEqual(await recoverSigner({ ...domain, chainId: 1 }, transferType, signed), signer)
  const foreign = { ...domain, verifyingContract: `0x${'ee'.repeat(20)}` } as const
  assert.notEqual(await recoverSigner(foreign, transferType, signed), signer)
})

test('an altered message is recovered to nobody known', async () => {
  const { signature } = await signMessage(account, domain, transferType, transfer)
  const altered = { message: { ...transfer, amountMicrocredits: 6n }, signature }
  assert.notEqual(await recoverSigner(domain, transferType, altered), signer)
})

test('the second form of a signature is refused', async () => {
  const { signature } = await signMessage(account, domain, transferType, transfer)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
  const v = signature.endsWith('1b') ? '1c' : '1b'
  const second = `${signature.slice(0, 66)}${s}${v}` as const
  assert.equal(
    await recoverSigner(domain, transferType, { message: transfer, signature: second as `0x${string}` }),
    undefined,
  )
})

for (const [what, broken] of [
  ['with v 0', (signature: string) => `${signature.slice(0, -2)}00`],
  ['that is too short', (signature: string) => signature.slice(0, -2)],
  ['of zeros', () => `0x${'00'.repeat(64)}1b`],
  ['that is no hexadecimal', (signature: string) => `${signature.slice(0, -1)}x`],
] as const) {
  test(`a signature ${what} is refused without a throw`, async () => {
    const { signature } = await signMessage(account, domain, transferType, transfer)
    const signed = { message: transfer, signature: broken(signature) as `0x${string}` }
    assert.equal(await recoverSigner(domain, transferType, signed), undefined)
  })
}
