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

  const bounded = (max: number) => `expected an integer from 1 to ${max}`
  const fuel = 'expected a decimal text from 1 to 1000000000000000'
  const argsProblem = 'expected at most 64 texts of at most 4096 characters'
  const problems: readonly (readonly [unknown, string, string])[] = [
    [null, '', 'expected an object'],
    [[], '', 'expected an object'],
    ['wasm', '', 'expected an object'],
    [{ ...wasm, engine: 'native' }, 'engine', 'expected wasm or docker'],
    [{ ...wasm, extra: 1 }, 'extra', 'is not a field of a job specification'],
    [{ ...wasm, moduleCid: 'bafkrei' }, 'moduleCid', 'expected the CID of the module'],
    [{ ...wasm, moduleCid: 7 }, 'moduleCid', 'expected the CID of the module'],
    [{ ...wasm, moduleCid: [cid] }, 'moduleCid', 'expected the CID of the module'],
    [{ ...docker, image: 'a b' }, 'image', 'expected the name of an image'],
    [{ ...docker, image: ['busybox'] }, 'image', 'expected the name of an image'],
    [{ ...docker, image: 7 }, 'image', 'expected the name of an image'],
    [{ ...docker, image: 'a'.repeat(257) }, 'image', 'expected the name of an image'],
    [{ ...wasm, args: {} }, 'args', argsProblem],
    [{ ...wasm, args: [['a']] }, 'args', argsProblem],
    [{ ...wasm, env: [] }, 'env', 'expected at most 64 named texts'],
    [{ ...wasm, env: { A: ['a'] } }, 'env', 'expected at most 64 named texts'],
    [{ ...wasm, inputCid: 'bafkrei' }, 'inputCid', 'expected a CID or null'],
    [{ ...wasm, inputCid: [cid] }, 'inputCid', 'expected a CID or null'],
    [{ ...wasm, limits: [] }, 'limits', 'expected an object'],
    [{ ...wasm, limits: { ...wasm.limits, gpus: 1 } }, 'limits.gpus', 'is not a limit of this engine'],
    [
      { ...wasm, limits: { ...wasm.limits, ['x'.repeat(65)]: 1 } },
      `limits.${'x'.repeat(64)}`,
      'is not a limit of this engine',
    ],
    [{ ...wasm, limits: { ...wasm.limits, memoryBytesMax: 0 } }, 'limits.memoryBytesMax', bounded(4_294_967_296)],
    [{ ...wasm, limits: { ...wasm.limits, wallMsMax: 0 } }, 'limits.wallMsMax', bounded(86_400_000)],
    [{ ...wasm, limits: { ...wasm.limits, outputBytesMax: 0 } }, 'limits.outputBytesMax', bounded(67_108_864)],
    [{ ...wasm, limits: { ...wasm.limits, logBytesMax: 0 } }, 'limits.logBytesMax', bounded(8_388_608)],
    [{ ...docker, limits }, 'limits.cpuMillicoresMax', bounded(256_000)],
    [{ ...wasm, limits }, 'limits.fuelMax', fuel],
    [{ ...wasm, limits: { ...limits, fuelMax: ['1'] } }, 'limits.fuelMax', fuel],
  ]
  for (const [input, field, problem] of problems) {
    it(`is refused for ${field || 'itself'}, saying: ${problem}`, () => {
      assert.deepEqual(parseJobSpec(input), { ok: false, field, problem })
    })
  }

  it('is accepted with an image’s name of 256 characters, and with 64 variables', () => {
    const image = 'a'.repeat(256)
    const env = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`A${index}`, 'x'.repeat(4_096)]))
    for (const spec of [
      { ...docker, image },
      { ...docker, env },
      { ...wasm, env },
    ]) {
      assert.deepEqual(parseJobSpec(spec), { ok: true, spec })
    }
  })
})
