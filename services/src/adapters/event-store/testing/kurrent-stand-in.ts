import { randomUUID } from 'node:crypto'
import { connect, createServer, type Server as Relay, type Socket } from 'node:net'
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js'
import featureServices from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js'
import features from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js'
import streamServices from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
import type streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import { KurrentLog, type LogAppend, type LoggedRecord, type ProposedRecord } from './kurrent-log.ts'
import {
  nameOf,
  toAppendResponse,
  toExpected,
  toNotFound,
  toProposed,
  toReadQuestion,
  toReadResponse,
} from './kurrent-messages.ts'

type BatchRequest = InstanceType<typeof streams.BatchAppendReq>
type BatchResponse = InstanceType<typeof streams.BatchAppendResp>
type ReadRequest = InstanceType<typeof streams.ReadReq>
type ReadResponse = InstanceType<typeof streams.ReadResp>

/**
 * What goes wrong with an append to a journal: all connections are cut before or after it is written, nobody answers, or it is
 * held back until {@link KurrentStandIn.arrive}.
 */
export type AppendFault = 'cutBefore' | 'cutAfter' | 'silentBefore' | 'silentAfter' | 'late'

/** An append whose messages have not all come. */
type Collected = {
  readonly options: NonNullable<ReturnType<BatchRequest['getOptions']>>
  readonly proposed: ProposedRecord[]
}

/** The largest `MaxAppendSize` that the server takes. */
const appendBytesMaxDefault = 16 * 2 ** 20

const messageBytesMax = 17 * 2 ** 20

/**
 * A server that speaks as much of KurrentDB's protocol as the client's appends and reads of single streams use, built from the
 * service definitions that the client ships, over {@link KurrentLog}. It listens on the loopback interface behind a relay whose
 * connections can be cut.
 */
export class KurrentStandIn {
  /** Each of the next appends to a journal meets one of these. */
  readonly faults: AppendFault[] = []
  /** The server's clock, in Unix milliseconds. */
  nowMs = 1_800_000_000_000
  /** How many reads were answered. */
  readCount = 0
  private readonly late: (() => LogAppend)[] = []
  private readonly log: KurrentLog
  private readonly server = new Server({
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
  })
  private readonly sockets = new Set<Socket>()
  private relay!: Relay
  private port = 0

  private constructor(private readonly appendBytesMax: number) {
    this.log = new KurrentLog(() => this.nowMs, appendBytesMax)
  }

  /** @param appendBytesMax `MaxAppendSize` of the server */
  static async start(appendBytesMax = appendBytesMaxDefault): Promise<KurrentStandIn> {
    const standIn = new KurrentStandIn(appendBytesMax)
    const innerPort = await standIn.listen()
    standIn.relay = createServer(socket => standIn.forward(socket, innerPort))
    await new Promise<void>(resolve => standIn.relay.listen(0, '127.0.0.1', resolve))
    const address = standIn.relay.address()
    standIn.port = typeof address === 'object' && address !== null ? address.port : 0
    return standIn
  }

  get url(): string {
    return `kurrentdb://127.0.0.1:${this.port}?tls=false&discoveryInterval=10`
  }

  /** What a stream shows to its readers, the oldest record first. */
  records(stream: string): readonly LoggedRecord[] {
    return this.log.read(stream) ?? []
  }

  /** Writes a JSON record as another client would. */
  write(stream: string, record: { readonly type: string; readonly data: string; readonly metadata: string }): void {
    const { type, data, metadata } = record
    const proposed = { id: randomUUID(), type, contentType: 'application/json' }
    this.log.append(stream, 'any', [{ ...proposed, data: Buffer.from(data), metadata: Buffer.from(metadata) }])
  }

  /** Lets the appends arrive that were held back, and gives what came of them. */
  arrive(): readonly LogAppend['status'][] {
    return this.late.splice(0).map(append => append().status)
  }

  /** Cuts all connections; clients may connect again. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>(resolve => this.relay.close(() => resolve()))
    this.server.forceShutdown()
  }

  private listen(): Promise<number> {
    this.server.addService(streamServices.StreamsService, {
      read: (call: ServerWritableStream<ReadRequest, ReadResponse>) => this.read(call),
      batchAppend: (call: ServerDuplexStream<BatchRequest, BatchResponse>) => this.batchAppend(call),
    })
    this.server.addService(featureServices.ServerFeaturesService, { getSupportedMethods: supportedMethods })
    return new Promise((resolve, reject) => {
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      )
    })
  }

  private forward(socket: Socket, innerPort: number): void {
    const inner = connect(innerPort, '127.0.0.1')
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      this.sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }

  private read(call: ServerWritableStream<ReadRequest, ReadResponse>): void {
    const options = call.request.getOptions()
    this.readCount += 1
    if (options === undefined) throw new TypeError('a read has options')
    const { stream, isBackwards, from, limit } = toReadQuestion(options)
    const records = this.log.read(stream)
    if (records === undefined) {
      call.write(toNotFound(stream))
      call.end()
      return
    }
    const ordered = isBackwards ? records.toReversed() : records
    const isReached = (revision: number) =>
      typeof from !== 'number' || (isBackwards ? revision <= from : revision >= from)
    const isNone = from === (isBackwards ? 'start' : 'end')
    const asked = isNone ? [] : ordered.filter(({ revision }) => isReached(revision)).slice(0, limit)
    for (const record of asked) call.write(toReadResponse(record))
    call.end()
  }

  private batchAppend(call: ServerDuplexStream<BatchRequest, BatchResponse>): void {
    const collecting = new Map<string, Collected>()
    call.on('data', (request: BatchRequest) => {
      const id = request.getCorrelationId()?.getString() ?? ''
      const options = request.getOptions()
      if (options !== undefined) collecting.set(id, { options, proposed: [] })
      const collected = collecting.get(id)
      if (collected === undefined) return
      for (const message of request.getProposedMessagesList()) collected.proposed.push(toProposed(message))
      if (!request.getIsFinal()) return
      collecting.delete(id)
      this.answer(call, request, collected)
    })
    call.on('error', () => collecting.clear())
    call.on('end', () => call.end())
  }

  private answer(
    call: ServerDuplexStream<BatchRequest, BatchResponse>,
    request: BatchRequest,
    { options, proposed }: Collected,
  ): void {
    const stream = nameOf(options.getStreamIdentifier())
    const fault = stream.includes('-journal-') ? this.faults.shift() : undefined
    if (fault === 'cutBefore') return this.cut()
    if (fault === 'silentBefore') return
    const append = () => this.log.append(stream, toExpected(options), proposed)
    if (fault === 'late') {
      this.late.push(append)
      return
    }
    const result = append()
    if (fault === 'cutAfter') return this.cut()
    if (fault === 'silentAfter') return
    call.write(toAppendResponse(request.getCorrelationId(), stream, result, this.appendBytesMax))
  }
}

function supportedMethods(
  _: ServerUnaryCall<unknown, unknown>,
  answer: sendUnaryData<InstanceType<typeof features.SupportedMethods>>,
): void {
  const supported = new features.SupportedMethods()
  supported.setEventStoreServerVersion('25.1.0')
  for (const { path } of [streamServices.StreamsService.read, streamServices.StreamsService.batchAppend]) {
    const [, service = '', method = ''] = path.toLowerCase().split('/')
    supported.addMethods(new features.SupportedMethod().setServiceName(service).setMethodName(method))
  }
  answer(null, supported)
}
