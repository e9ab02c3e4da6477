import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  assignProtocol,
  cancelProtocol,
  contentIdOfBytes,
  fetchContent,
  joinProtocol,
  offencesMax,
  openProgress,
  PeerGuard,
  ProtocolViolationError,
  progressMessageCodec,
  receiptProtocol,
  request,
  sendProgress,
  serve,
  serveContent,
  writeFrame,
  writeMessage,
} from '@deparrow/compute-node/protocol'
import { zeroHash } from '@deparrow/ledger'
import { digestOfOrder } from '@deparrow/ledger/testing'
import type { Libp2p } from '@libp2p/interface'
import { type Assignment, NodeUnreachableError } from '../../market/node-mesh.port.ts'
import type { Libp2pNodeMesh } from './libp2p-node-mesh.ts'
import { patience, type RecordingListener, startMesh, TestPeer } from './test-peer.spec.fixture.ts'

describe('the market end of the mesh', () => {
  let mesh: Libp2pNodeMesh
  let listener: RecordingListener
  let peers: TestPeer[]

  beforeEach(async () => {
    ;({ mesh, listener } = await startMesh())
    peers = []
  })

  afterEach(async () => {
    for (const peer of peers) await peer.stop()
    await mesh.stop()
  })

  async function connect(number: number, prepare?: (libp2p: Libp2p) => Promise<void>): Promise<TestPeer> {
    const peer = await TestPeer.connect(number, mesh, prepare)
    peers.push(peer)
    return peer
  }

  function assignment(peer: TestPeer): Assignment {
    const order = peer.actor.order({ nonce: 1n })
    return {
      orderDigest: digestOfOrder(order),
      order,
      spec: {
        engine: 'docker',
        image: 'busybox',
        args: [],
        env: {},
        inputCid: null,
        limits: { memoryBytesMax: 1, wallMsMax: 1, outputBytesMax: 1, logBytesMax: 1, cpuMillicoresMax: 1 },
      },
      certificate: {
        message: {
          hold: digestOfOrder(order),
          orderDigest: digestOfOrder(order),
          node: peer.actor.address,
          payoutWallet: peer.actor.address,
          attempt: 1,
          amountMicrocredits: 5n,
          position: 3n,
          expires: 2_000_000_000n,
          assignedAtMs: 1_900_000_000_000n,
          pricingDigest: digestOfOrder(order),
        },
        signature: order.signature,
      },
    }
  }

  it('takes a node in and says so until its connection ends', async () => {
    const peer = await connect(1)
    assert.deepEqual(await peer.join(), { accepted: true })
    assert.deepEqual(
      mesh.nodes().map(node => node.address),
      [peer.actor.address],
    )
    await peer.stop()
    await listener.until(() => listener.left.length === 1)
    assert.deepEqual(listener.left, [peer.actor.address])
    assert.deepEqual(mesh.nodes(), [])
  })

  it('says which port is in use', async () => {
    const port = Number(/\/tcp\/(\d+)/.exec(mesh.addresses()[0] ?? '')?.[1])
    await assert.rejects(startMesh({ port }), { name: 'MeshPortInUseError', message: new RegExp(`port ${port}`) })
  })

  it('cuts a connection over which no node has joined, so that idle peers do not take the places of nodes', async t => {
    const short = await startMesh({ joinTimeoutMs: 400 })
    t.after(() => short.mesh.stop())
    const node = await TestPeer.connect(2, short.mesh)
    assert.deepEqual(await node.join(), { accepted: true })
    const idle = await TestPeer.connect(1, short.mesh)
    peers.push(node, idle)
    await new Promise(resolve => idle.connection.addEventListener('close', resolve))
    assert.deepEqual([short.mesh.nodes().length, node.connection.status], [1, 'open'])
  })

  it('tells a node that is refused the code, and closes its connection', async () => {
    listener.helloAnswer = { accepted: false, code: 'UNKNOWN_NODE' }
    const peer = await connect(1)
    const closed = new Promise(resolve => peer.connection.addEventListener('close', resolve))
    assert.deepEqual(await peer.join(), { accepted: false, code: 'UNKNOWN_NODE' })
    await closed
    assert.deepEqual(mesh.nodes(), [])
  })

  it('replaces the session of a node that joins again over another connection', async () => {
    const first = await connect(1)
    await first.join()
    const second = await connect(1)
    const closed = new Promise(resolve => first.connection.addEventListener('close', resolve))
    assert.deepEqual(await second.join(), { accepted: true })
    await closed
    assert.equal(mesh.nodes().length, 1)
    assert.deepEqual(listener.left, [])
  })

  it('refuses a hello whose address is not the key of the connection', async () => {
    const peer = await connect(1)
    const other = await connect(2)
    const answer = await peer.join({ address: other.actor.address, registration: other.hello().registration })
    assert.deepEqual(answer, { accepted: false, code: 'IDENTITY_MISMATCH' })
    assert.deepEqual(listener.hellos, [])
  })

  it('refuses a hello that registers another node or names another peer id', async () => {
    const peer = await connect(1)
    const other = await connect(2)
    const foreign = other.hello()
    assert.equal((await peer.join({ registration: foreign.registration })).accepted, false)
    const again = await connect(1)
    assert.equal((await again.join({ peerId: foreign.peerId })).accepted, false)
    assert.deepEqual(listener.hellos, [])
  })

  it('opens no stream for a version of a protocol that it does not speak', async () => {
    const peer = await connect(1)
    await assert.rejects(peer.open('/deparrow/join/2.0.0'), { name: 'UnsupportedProtocolError' })
  })

  for (const [what, bytes] of [
    ['no JSON', Buffer.from('{"address": ')],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
    ['the wrong fields', Buffer.from('{"address":"0x00"}')],
    ['nothing', Buffer.alloc(0)],
  ] as const) {
    it(`resets a stream that carries ${what}`, async () => {
      const peer = await connect(1)
      const stream = await peer.open(joinProtocol.id)
      const ended = TestPeer.ended(stream)
      await writeFrame(stream, bytes, patience())
      assert.equal((await ended)?.name, 'StreamResetError')
      assert.deepEqual(listener.hellos, [])
    })
  }

  it('resets a stream that announces more bytes than its protocol allows, before they come', async () => {
    const peer = await connect(1)
    const stream = await peer.open(joinProtocol.id)
    const ended = TestPeer.ended(stream)
    stream.send(Uint8Array.of(0x7f, 0xff, 0xff, 0xff))
    assert.equal((await ended)?.name, 'StreamResetError')
  })

  it('hears no receipt, progress or question for content from a peer that has not joined', async () => {
    const peer = await connect(1)
    const stream = await openProgress(peer.connection, patience())
    const ended = TestPeer.ended(stream)
    await sendProgress(stream, { type: 'started', orderDigest: zeroHash, startedAtMs: 1 }, patience())
    assert.equal((await ended)?.name, 'StreamResetError')
    const receipt = peer.actor.receipt(zeroHash, {})
    const handed = { receipt, outputCid: null, failure: null }
    await assert.rejects(request(peer.connection, receiptProtocol, handed, patience()))
    await assert.rejects(fetchContent(peer.connection, contentIdOfBytes(Buffer.from('x')), 10, patience()))
    assert.deepEqual([listener.started, listener.receipts], [[], []])
  })

  it('bans a peer that keeps sending garbage, and refuses its next connection', async () => {
    const peer = await connect(1)
    const cut = new Promise(resolve => peer.connection.addEventListener('close', resolve))
    for (let sent = 0; sent < offencesMax && peer.connection.status === 'open'; sent++) {
      const stream = await peer.open(receiptProtocol.id)
      const ended = TestPeer.ended(stream)
      await writeFrame(stream, Buffer.from('garbage'), patience())
      await ended
    }
    await cut
    await assert.rejects(connect(1).then(again => again.join()))
  })

  it('resets the streams of a peer that floods a protocol', async () => {
    const peer = await connect(1)
    await peer.join()
    const stream = await openProgress(peer.connection, patience())
    const ended = TestPeer.ended(stream)
    for (let sent = 0; sent < 2_000 && stream.status === 'open'; sent++) {
      const log = { type: 'log', orderDigest: zeroHash, chunk: Buffer.from('.') } as const
      await writeMessage(stream, progressMessageCodec, log, patience()).catch(() => {})
    }
    assert.equal((await ended)?.name, 'StreamResetError')
    assert.ok(listener.logs.length < 2_000)
  })

  it('hears what a job does, in order', async () => {
    const peer = await connect(1)
    await peer.join()
    const stream = await openProgress(peer.connection, patience())
    await sendProgress(stream, { type: 'started', orderDigest: zeroHash, startedAtMs: 1 }, patience())
    for (const text of ['a', 'b', 'c']) {
      await sendProgress(stream, { type: 'log', orderDigest: zeroHash, chunk: Buffer.from(text) }, patience())
    }
    await listener.until(() => listener.logs.length === 3)
    assert.deepEqual([listener.started, listener.logs], [[zeroHash], ['a', 'b', 'c']])
  })

  it('takes a receipt and gives the answer of the market', async () => {
    const peer = await connect(1)
    await peer.join()
    listener.receiptAnswer = { acknowledged: false, code: 'JOB_ENDED', final: true }
    const receipt = peer.actor.receipt(zeroHash, {})
    const handed = { receipt, outputCid: null, failure: { code: 'TRAP', message: 'unreachable' } }
    const answer = await request(peer.connection, receiptProtocol, handed, patience())
    assert.deepEqual(answer, listener.receiptAnswer)
    assert.deepEqual(listener.receipts, [handed])
  })

  it('gives a node an assignment and a cancel, and returns its answers', async () => {
    const heard: unknown[] = []
    const peer = await connect(1, async libp2p => {
      await serve(libp2p, assignProtocol, new PeerGuard(), async offer => {
        heard.push(offer)
        return { accepted: true } as const
      })
      await serve(libp2p, cancelProtocol, new PeerGuard(), async cancel => {
        heard.push(cancel)
        return { heard: true } as const
      })
    })
    await peer.join()
    const offer = assignment(peer)
    assert.deepEqual(await mesh.assign(peer.actor.address, offer, patience()), { accepted: true })
    await mesh.cancel(peer.actor.address, offer.orderDigest, patience())
    assert.deepEqual(heard, [offer, { orderDigest: offer.orderDigest }])
  })

  it('calls a node unreachable that is not connected, does not answer or answers garbage', async () => {
    const peer = await connect(1, async libp2p => {
      await libp2p.handle(assignProtocol.id, async stream => {
        await writeFrame(stream, Buffer.from('{"accepted":"maybe"}'), patience())
      })
    })
    const offer = assignment(peer)
    await assert.rejects(mesh.assign(peer.actor.address, offer, patience()), NodeUnreachableError)
    await peer.join()
    await assert.rejects(mesh.assign(peer.actor.address, offer, patience()), (error: Error) => {
      return error instanceof NodeUnreachableError && error.cause instanceof ProtocolViolationError
    })
    await assert.rejects(mesh.cancel(peer.actor.address, offer.orderDigest, patience()), NodeUnreachableError)
  })

  it('serves content to nodes and refuses what is larger than they ask for', async () => {
    const bytes = Buffer.alloc(3_000_000, 'content')
    listener.content.set(contentIdOfBytes(bytes), bytes)
    const peer = await connect(1)
    await peer.join()
    const got = await fetchContent(peer.connection, contentIdOfBytes(bytes), bytes.length, patience())
    assert.ok(got.found && Buffer.from(got.bytes).equals(bytes))
    const small = await fetchContent(peer.connection, contentIdOfBytes(bytes), bytes.length - 1, patience())
    assert.deepEqual(small, { found: false, code: 'TOO_LARGE' })
    const none = await fetchContent(peer.connection, contentIdOfBytes(Buffer.from('none')), 10, patience())
    assert.deepEqual(none, { found: false, code: 'NOT_FOUND' })
  })

  it('fetches content from a node and refuses bytes that do not hash to the CID', async () => {
    const good = Buffer.alloc(2_000_000, 7)
    const wanted = contentIdOfBytes(Buffer.from('wanted'))
    const peer = await connect(1, libp2p =>
      serveContent(libp2p, new PeerGuard(), async contentId =>
        contentId === contentIdOfBytes(good) ? good : Buffer.from('forged'),
      ),
    )
    await peer.join()
    const fetched = await mesh.fetchContent(peer.actor.address, contentIdOfBytes(good), good.length, patience())
    assert.ok(good.equals(fetched))
    await assert.rejects(mesh.fetchContent(peer.actor.address, wanted, 100, patience()), (error: Error) => {
      return error.cause instanceof ProtocolViolationError && error.cause.code === 'CONTENT_MISMATCH'
    })
    await assert.rejects(
      mesh.fetchContent(peer.actor.address, contentIdOfBytes(good), good.length - 1, patience()),
      NodeUnreachableError,
    )
  })
})
