import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readOptions, UsageError } from './options.ts'

describe('the command line of the simulation', () => {
  it('is refused when it says something that there is not, or that cannot be counted', () => {
    const wrong = [
      ['--sedes', '3'],
      ['--seeds'],
      ['--seeds', '0'],
      ['--seeds', 'many'],
      ['--seeds', '-3'],
      ['--seed', '1.5'],
      ['--commands', '99999999999'],
      ['--workers', ''],
      ['seven'],
    ]
    for (const args of wrong) assert.throws(() => readOptions(args), UsageError, args.join(' '))
  })

  it('is refused when every step of many seeds is to be printed', () => {
    assert.throws(() => readOptions(['--trace']), UsageError)
    assert.throws(() => readOptions(['--trace', '--seeds', '2']), UsageError)
  })

  it('asks for at least 300 seeds and 200 000 commands when it says nothing', () => {
    const { firstSeed, seeds, commands, workers } = readOptions([])
    assert.equal(firstSeed, 1)
    assert.ok(seeds >= 300 && seeds * commands >= 200_000)
    assert.ok(workers >= 1)
  })

  it('runs the one seed that it names, and prints its steps if asked to', () => {
    const expected = { firstSeed: 7, seeds: 1, commands: 50, workers: 1, isTraced: true }
    assert.deepEqual(readOptions(['--seed', '7', '--commands', '50', '--trace']), expected)
  })
})
