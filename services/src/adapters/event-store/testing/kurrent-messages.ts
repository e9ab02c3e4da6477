import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import status from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js'
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import any from 'google-protobuf/google/protobuf/any_pb.js'
import empty from 'google-protobuf/google/protobuf/empty_pb.js'
import type { ExpectedRevision, LogAppend, LoggedRecord, ProposedRecord } from './kurrent-log.ts'

/** The generated types say less than the generated code: an option of a read that it has is one of these. */
type ReadOptions = InstanceType<typeof streams.ReadReq.Options>

/** What a read asks for. */
export type ReadQuestion = {
  readonly stream: string
  readonly isBackwards: boolean
  readonly from: number | 'start' | 'end'
  readonly limit: number
}

export function toReadQuestion(options: ReadOptions): ReadQuestion {
  const stream = options.getStream()
  if (stream === undefined || options.hasSubscription()) throw new TypeError('only reads of one stream are answered')
  return {
    stream: nameOf(stream.getStreamIdentifier()),
    isBackwards: options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS,
    from: stream.hasRevision() ? Number(stream.getRevision()) : stream.hasEnd() ? 'end' : 'start',
    limit: Number(options.getCount()),
  }
}

export function nameOf(identifier: InstanceType<typeof shared.StreamIdentifier> | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8')
}

export function toExpected(options: InstanceType<typeof streams.BatchAppendReq.Options>): ExpectedRevision {
  if (options.hasAny()) return 'any'
  if (options.hasStreamExists()) return 'exists'
  return options.hasNoStream() ? -1 : Number(options.getStreamPosition())
}

export function toProposed(message: InstanceType<typeof streams.BatchAppendReq.ProposedMessage>): ProposedRecord {
  return {
    id: message.getId()?.getString() ?? '',
    type: String(message.getMetadataMap().get('type')),
    contentType: String(message.getMetadataMap().get('content-type')),
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  }
}

export function toReadResponse(record: LoggedRecord): InstanceType<typeof streams.ReadResp> {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
  recorded.setId(new shared.UUID().setString(record.id))
  recorded.setStreamIdentifier(identifierOf(record.stream))
  recorded.setStreamRevision(String(record.revision))
  recorded.setCommitPosition(String(record.logPosition))
  recorded.setPreparePosition(String(record.logPosition))
  recorded.setData(record.data)
  recorded.setCustomMetadata(record.metadata)
  recorded.getMetadataMap().set('type', record.type)
  recorded.getMetadataMap().set('content-type', record.contentType)
  // Ticks of 100 ns, as the server counts time.
  recorded.getMetadataMap().set('created', String(BigInt(record.writtenAtMs) * 10_000n))
  const event = new streams.ReadResp.ReadEvent()
  event.setEvent(recorded)
  event.setCommitPosition(String(record.logPosition))
  return new streams.ReadResp().setEvent(event)
}

export function toNotFound(stream: string): InstanceType<typeof streams.ReadResp> {
  const notFound = new streams.ReadResp.StreamNotFound()
  notFound.setStreamIdentifier(identifierOf(stream))
  return new streams.ReadResp().setStreamNotFound(notFound)
}

export function toAppendResponse(
  correlationId: InstanceType<typeof shared.UUID> | undefined,
  stream: string,
  result: LogAppend,
  appendBytesMax: number,
): InstanceType<typeof streams.BatchAppendResp> {
  const response = new streams.BatchAppendResp()
  response.setCorrelationId(correlationId)
  response.setStreamIdentifier(identifierOf(stream))
  if (result.status !== 'written') return response.setError(toStatus(result, appendBytesMax))
  const success = new streams.BatchAppendResp.Success()
  success.setCurrentRevision(String(result.revision))
  const position = new shared.AllStreamPosition()
  position.setCommitPosition(String(result.logPosition))
  position.setPreparePosition(String(result.logPosition))
  return response.setSuccess(success.setPosition(position))
}

function toStatus(result: Exclude<LogAppend, { status: 'written' }>, appendBytesMax: number) {
  const details = new any.Any()
  if (result.status === 'tooLarge') {
    const tooLarge = new shared.MaximumAppendSizeExceeded().setMaxappendsize(appendBytesMax)
    details.pack(tooLarge.serializeBinary(), 'event_store.client.MaximumAppendSizeExceeded')
  } else {
    const wrong = new shared.WrongExpectedVersion()
    if (result.revision < 0) wrong.setCurrentNoStream(new empty.Empty())
    else wrong.setCurrentStreamRevision(String(result.revision))
    details.pack(wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion')
  }
  return new status.Status().setMessage(result.status).setDetails(details)
}

function identifierOf(stream: string): InstanceType<typeof shared.StreamIdentifier> {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream))
}
