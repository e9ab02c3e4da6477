import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseOptions } from './options.ts'

const problemOf = (...args: string[]) => {
  const parsed = parseOptions(args)
  assert.equal(parsed.kind, 'refused', args.join(' '))
  return parsed.kind === 'refused' ? parsed.message : ''
}

describe('the command line of a local network', () => {
  it('has a default for everything', () => {
    assert.deepEqual(parseOptions([]), {
      kind: 'options',
      options: {
        dataFolder: '.deparrow',
        port: 8080,
        rpcPort: 0,
        meshPort: 0,
        isOnce: false,
        isFresh: false,
        isJson: false,
        textFile: undefined,
      },
    })
  })

  it('is read in any order', () => {
    const parsed = parseOptions([
      'text.txt',
      '--port',
      '0',
      '--once',
      '--data=d',
      '--rpc-port=1',
      '--p2p-port=65535',
      '--json',
    ])
    assert.equal(parsed.kind, 'options')
    const { options } = parsed.kind === 'options' ? parsed : { options: undefined }
    assert.deepEqual(
      [options?.textFile, options?.port, options?.isOnce, options?.dataFolder, options?.rpcPort, options?.meshPort],
      ['text.txt', 0, true, 'd', 1, 65_535],
    )
  })

  it('asks for help whatever else is asked', () => {
    assert.deepEqual(parseOptions(['--once', '--help']), { kind: 'help' })
  })

  it('is refused with an option that there is not, and names it', () => {
    assert.match(problemOf('--force'), /--force/)
    assert.match(problemOf('--once=yes'), /--once/)
    assert.match(problemOf('--data'), /--data/)
  })

  it('is refused with a port that is none, and names the option', () => {
    for (const port of ['65536', '-1', '1e3', '80a', '', '0x50', '999999']) {
      assert.match(problemOf(`--port=${port}`), /--port takes a port from 0 to 65535/)
    }
    assert.match(problemOf('--rpc-port', 'x'), /--rpc-port takes a port/)
    assert.match(problemOf('--p2p-port', 'x'), /--p2p-port takes a port/)
  })

  it('is refused with two texts', () => {
    assert.match(problemOf('a.txt', 'b.txt'), /one text file can be named, not 2/)
  })
})
