import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyAcceptance } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { type Hex, keccak256, toHex } from 'viem'
import { type Acceptance, acceptanceBatch, type SignedAcceptance } from '../support/acceptances.ts'
import { viem } from '../support/judges-chain.ts'
import { actor, testDomain } from '../support/messages.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError } = viem.assertions
const harness = await viem.deployContract('MessagesHarness')
const domain = await harness.read.domainSeparator([BigInt(testDomain.chainId), testDomain.verifyingContract])
const ledger = actor(100)

const acceptances = (count: number): Acceptance[] =>
  Array.from({ length: count }, (_, index) => ({
    digest: keccak256(toHex(index)),
    position: BigInt(index + 1),
    isAccepted: index % 3 > 0,
    atMs: 1_800_000_000_000n + BigInt(index),
  }))

const check = (signed: SignedAcceptance, signer = ledger.address) =>
  harness.read.requireAccepted([domain, signer, signed])

describe('an acceptance', () => {
  it('is refused under a root that another key signed, or that was signed for another network', async () => {
    const [byOther] = await acceptanceBatch(acceptances(1), actor(101))
    assert.ok(byOther)
    await revertWithCustomError(check(byOther), harness, 'SignerDiffers')
    const [elsewhere] = await acceptanceBatch(acceptances(1), ledger, { ...testDomain, chainId: 1 })
    assert.ok(elsewhere)
    await revertWithCustomError(check(elsewhere), harness, 'SignerDiffers')
  })

  it('is refused when any of its fields is another', async () => {
    const [, signed] = await acceptanceBatch(acceptances(3), ledger)
    assert.ok(signed)
    for (const changed of [
      { digest: keccak256('0x') },
      { position: 1n },
      { isAccepted: !signed.acceptance.isAccepted },
      { atMs: signed.acceptance.atMs + 1n },
    ]) {
      const wrong = { ...signed, acceptance: { ...signed.acceptance, ...changed } }
      await revertWithCustomError(check(wrong), harness, 'AcceptanceRootDiffers')
    }
  })

  it('is refused when any field of its root is another', async () => {
    const [signed] = await acceptanceBatch(acceptances(1), ledger)
    assert.ok(signed)
    for (const changed of [{ shard: 1 }, { position: signed.root.position + 1n }, { journalHash: keccak256('0x') }]) {
      const wrong = { ...signed, root: { ...signed.root, ...changed } }
      await revertWithCustomError(check(wrong), harness, 'SignerDiffers')
    }
    const wrong = { ...signed, root: { ...signed.root, root: keccak256('0x') } }
    await revertWithCustomError(check(wrong), harness, 'AcceptanceRootDiffers')
  })

  it('is refused behind its root’s position', async () => {
    const [acceptance] = acceptances(1)
    assert.ok(acceptance)
    const [signed] = await acceptanceBatch([{ ...acceptance, position: 9n }], ledger, testDomain, 8n)
    assert.ok(signed)
    await reverts(check(signed), harness, 'AcceptancePositionInvalid', [9n, 8n])
  })

  it('is refused at a place that the batch does not have', async () => {
    const [signed] = await acceptanceBatch(acceptances(1), ledger)
    assert.ok(signed)
    for (const [index, count] of [
      [1, 1],
      [0, 0],
      [0, 2 ** 24 + 1],
      [2 ** 32 - 1, 2 ** 32 - 1],
    ] as const)
      await reverts(check({ ...signed, index, count }), harness, 'AcceptanceIndexInvalid', [index, count])
    const largest = check({ ...signed, index: 2 ** 24 - 1, count: 2 ** 24 })
    await reverts(largest, harness, 'AcceptanceSiblingsInvalid', [0n])
  })

  it('is refused with too few and too many siblings', async () => {
    const [signed] = await acceptanceBatch(acceptances(5), ledger)
    assert.ok(signed)
    for (const siblings of [signed.siblings.slice(1), [...signed.siblings, domain], []])
      await reverts(check({ ...signed, siblings }), harness, 'AcceptanceSiblingsInvalid', [BigInt(siblings.length)])
  })

  it('is no inner node of a batch: a leaf begins with another byte', async () => {
    const [signed] = await acceptanceBatch(acceptances(2), ledger)
    assert.ok(signed)
    const wrong = { ...signed, index: 0, count: 1, siblings: [] as Hex[] }
    await revertWithCustomError(check(wrong), harness, 'AcceptanceRootDiffers')
  })

  it('is taken at each place of batches of every shape', async () => {
    for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17])
      for (const signed of await acceptanceBatch(acceptances(count), ledger)) await check(signed)
  })

  it('is taken, and refused, where the ledger’s own check takes and refuses it', async () => {
    const batch = await acceptanceBatch(acceptances(6), ledger)
    const [first] = batch
    assert.ok(first)
    const shown = [
      ...batch,
      ...batch.map(signed => ({ ...signed, index: (signed.index + 1) % 6 })),
      { ...first, count: 4 },
    ]
    const answers = { taken: 0, refused: 0 }
    for (const { root, signature, ...signed } of shown) {
      const isGood = verifyAcceptance(ethersCrypto, testDomain, ledger.address, {
        ...signed,
        root: { message: root, signature },
      })
      const answer = check({ ...signed, root, signature })
      await (isGood ? answer : assert.rejects(answer))
      answers[isGood ? 'taken' : 'refused'] += 1
    }
    assert.deepEqual(answers, { taken: 6, refused: 7 })
  })
})
