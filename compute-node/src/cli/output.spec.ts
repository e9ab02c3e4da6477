import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CliError, failureJson, failureOf } from './cli-error.ts'
import { exitCodeOf } from './exit-codes.ts'
import { Output } from './output.ts'

function captured(isTTY: boolean, isJson = false) {
  const written = { stdout: '', stderr: '' }
  const output = new Output(
    {
      stdout: { isTTY, write: text => (written.stdout += text) },
      stderr: { isTTY, write: text => (written.stderr += text) },
    },
    isJson,
  )
  return { output, written }
}

test('a log cannot command a terminal, and reaches a file as it is', () => {
  const hostile = 'one\u001b[2J\u009b31m\ttwo\r\n'
  const terminal = captured(true)
  terminal.output.log(hostile)
  terminal.output.logResult('0x', hostile)
  for (const control of ['\u001b', '\u009b', '\r']) {
    assert.ok(!`${terminal.written.stderr}${terminal.written.stdout}`.includes(control))
  }
  assert.match(terminal.written.stderr, /one.*\ttwo.*\n/)
  const file = captured(false)
  file.output.logResult('0x', hostile)
  assert.equal(file.written.stdout, hostile)
})

test('neither a result, nor a failure, nor progress, nor a record that carries foreign text can command a terminal', () => {
  const hostile = 'failed\u001b]0;owned\u0007\u009b2J'
  const terminal = captured(true)
  terminal.output.result({}, [hostile])
  terminal.output.failure({ code: 'JOB_NOT_COMPLETED', message: hostile, details: {} })
  terminal.output.progress(hostile)
  terminal.output.record({ level: 'error', code: 'JOB_BROKE', message: hostile })
  for (const text of Object.values(terminal.written)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    assert.doesNotMatch(text, /[\u001b\u0007\u009b]/)
    assert.match(text, /^.*failed.*\n/)
  }
  const file = captured(false)
  file.output.result({}, [hostile])
  assert.equal(file.written.stdout, `${hostile}\n`)
})

test('progress is for terminals', () => {
  for (const isTTY of [true, false]) {
    const { output, written } = captured(isTTY)
    output.progress('Working …')
    assert.equal(written.stderr !== '', isTTY)
    assert.equal(written.stdout, '')
  }
})

test('amounts beyond the precision of JSON are printed as text', () => {
  const { output, written } = captured(false, true)
  output.result({ amount: 2n ** 63n, list: [1n], none: undefined, nothing: null }, [])
  assert.equal(written.stdout, '{"amount":"9223372036854775808","list":["1"],"nothing":null}\n')
})

test('an error that nobody expected gives away neither its message nor its stack', () => {
  const failure = failureOf(new TypeError('the key 0xabcdef is not a function'))
  assert.equal(failure.code, 'INTERNAL')
  assert.doesNotMatch(JSON.stringify(failureJson(failure)), /abcdef|\bat /)
  assert.equal(exitCodeOf(failure.code), 70)
})

test('a failure carries its code, its sentence and its data', () => {
  const failure = failureOf(new CliError('INSUFFICIENT_CREDITS', 'Too few.', { requiredMicrocredits: 7n }))
  assert.deepEqual(failureJson(failure), {
    error: { code: 'INSUFFICIENT_CREDITS', message: 'Too few.', requiredMicrocredits: '7' },
  })
  assert.equal(exitCodeOf(failure.code), 1)
})

test('what does not hold has an exit code of its own', () => {
  for (const code of ['RECEIPT_SIGNER', 'ORDER_DIGEST', 'CONTENT_MISMATCH', 'ANSWER_INVALID']) {
    assert.equal(exitCodeOf(code), 5)
  }
})
