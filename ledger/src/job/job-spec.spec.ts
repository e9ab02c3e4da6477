import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { contentIdOf } from './content-id.ts'
import { type JobSpec, jobSpecBounds, jobSpecDigest, parseJobSpec } from './job-spec.ts'

const cid = contentIdOf(zeroHash)
const limits = { memoryBytesMax: 1, wallMsMax: 1, outputBytesMax: 1, logBytesMax: 1 }
const wasm = {
  engine: 'wasm',
  moduleCid: cid,
  args: ['a'],
  env: { A_1: 'x' },
  inputCid: null,
  limits: { ...limits, fuelMax: '1' },
} as const satisfies JobSpec
const docker = {
  engine: 'docker',
  image: 'registry.local:5000/a/b@sha256:00',
  args: [],
  env: {},
  inputCid: cid,
  limits: { ...limits, cpuMillicoresMax: 1 },
} as const satisfies JobSpec

const longText = 'x'.repeat(jobSpecBounds.argLengthMax + 1)

/** Each row: what replaces a field of a good specification, and the field that the refusal must name. */
const refusals: readonly (readonly [object, object, string])[] = [
  [wasm, { engine: 'native' }, 'engine'],
  [wasm, { engine: undefined }, 'engine'],
  [wasm, { image: 'busybox' }, 'image'],
  [wasm, { extra: 1 }, 'extra'],
  [wasm, { moduleCid: undefined }, 'moduleCid'],
  [wasm, { moduleCid: 'bafkrei' }, 'moduleCid'],
  [wasm, { args: undefined }, 'args'],
  [wasm, { args: 'a' }, 'args'],
  [wasm, { args: [1] }, 'args'],
  [wasm, { args: [longText] }, 'args'],
  [wasm, { args: ['nul\0'] }, 'args'],
  [wasm, { args: Array.from({ length: jobSpecBounds.argsMax + 1 }, () => '') }, 'args'],
  [wasm, { env: undefined }, 'env'],
  [wasm, { env: ['A'] }, 'env'],
  [wasm, { env: { '1A': '' } }, 'env'],
  [wasm, { env: { 'A=B': '' } }, 'env'],
  [wasm, { env: { '': '' } }, 'env'],
  [wasm, { env: { A: 1 } }, 'env'],
  [wasm, { env: { A: longText } }, 'env'],
  [wasm, { env: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`A${index}`, ''])) }, 'env'],
  [wasm, { inputCid: undefined }, 'inputCid'],
  [wasm, { inputCid: '' }, 'inputCid'],
  [wasm, { limits: undefined }, 'limits'],
  [wasm, { limits: { ...wasm.limits, cpuMillicoresMax: 1 } }, 'limits.cpuMillicoresMax'],
  [wasm, { limits }, 'limits.fuelMax'],
  ...['0', '01', '-1', '1.0', '1e3', ' 1', 1, `${jobSpecBounds.fuelMax + 1n}`, '9'.repeat(30)].map(
    fuelMax => [wasm, { limits: { ...limits, fuelMax } }, 'limits.fuelMax'] as const,
  ),
  ...(['memoryBytesMax', 'wallMsMax', 'outputBytesMax', 'logBytesMax'] as const).flatMap(name =>
    [0, -1, 1.5, '1', undefined, Number.NaN, jobSpecBounds[name] + 1].map(
      value => [wasm, { limits: { ...wasm.limits, [name]: value } }, `limits.${name}`] as const,
    ),
  ),
  [docker, { moduleCid: cid }, 'moduleCid'],
  [docker, { image: undefined }, 'image'],
  [docker, { image: '' }, 'image'],
  [docker, { image: '--privileged' }, 'image'],
  [docker, { image: 'a b' }, 'image'],
  [docker, { image: 'a'.repeat(257) }, 'image'],
  [docker, { limits: { ...docker.limits, fuelMax: '1' } }, 'limits.fuelMax'],
  [docker, { limits }, 'limits.cpuMillicoresMax'],
  [docker, { limits: { ...limits, cpuMillicoresMax: 256_001 } }, 'limits.cpuMillicoresMax'],
]

describe('a job specification', () => {
  for (const [spec, change, field] of refusals) {
    const shown = JSON.stringify(change, (_, value) => (Number.isNaN(value) ? 'NaN' : value)).slice(0, 60)
    it(`is refused for ${field}: ${shown}`, () => {
      const parsed = parseJobSpec({ ...spec, ...change })
      assert.equal(parsed.ok ? 'accepted' : parsed.field, field)
    })
  }

  it('is refused when it is no object', () => {
    for (const input of [undefined, null, 'wasm', 7, [], [wasm]]) assert.equal(parseJobSpec(input).ok, false)
  })

  it('does not repeat a long hostile name in full', () => {
    const parsed = parseJobSpec({ ...wasm, ['x'.repeat(10_000)]: 1 })
    assert.ok(!parsed.ok && parsed.field.length === 64)
  })

  it('is accepted up to its bounds', () => {
    const { argsMax, argLengthMax, ...max } = jobSpecBounds
    const { memoryBytesMax, wallMsMax, outputBytesMax, logBytesMax } = max
    const most = { memoryBytesMax, wallMsMax, outputBytesMax, logBytesMax }
    const args = Array.from({ length: argsMax }, () => 'x'.repeat(argLengthMax))
    for (const spec of [
      wasm,
      docker,
      { ...wasm, args, limits: { ...most, fuelMax: String(max.fuelMax) } },
      { ...docker, limits: { ...most, cpuMillicoresMax: max.cpuMillicoresMax } },
    ]) {
      assert.deepEqual(parseJobSpec(spec), { ok: true, spec })
    }
  })

  it('has a digest that does not depend on the order of its fields and changes with each of them', () => {
    const turned = Object.fromEntries(Object.entries(wasm).reverse()) as unknown as JobSpec
    const own = jobSpecDigest(ethersCrypto, wasm)
    assert.equal(jobSpecDigest(ethersCrypto, turned), own)
    const changes = [{ args: [] }, { env: {} }, { inputCid: cid }, { limits: { ...wasm.limits, fuelMax: '2' } }]
    const digests = changes.map(change => jobSpecDigest(ethersCrypto, { ...wasm, ...change }))
    assert.equal(new Set([own, ...digests]).size, changes.length + 1)
  })
})
