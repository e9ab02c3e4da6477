import type { Leaf, LeafAccount, LeavesRoot, SignedAcceptance } from '@deparrow/ledger'
import type { ShownLeaf } from '../proof/check-inclusion.ts'
import { type Fields, optional, read } from './read.ts'

/** The selection that {@link readAcceptance} reads. */
export const acceptanceFields =
  'digest position isAccepted atMs index count siblings root { shard root position journalHash signature }'

const leafFields = `account available held nonces { lane nonce } delegateNonces { signer lane nonce } holds { order amount } receiptSequence`

/** The selection that {@link readInclusion} reads. */
export const inclusionFields = `epoch root total siblings { hash sum } leaf { ${leafFields} } other { ${leafFields} }`

/** What a gateway shows of an account's part in an epoch; nothing of it is checked. */
export type ShownInclusion = { readonly epoch: bigint; readonly root: LeavesRoot; readonly shown: ShownLeaf }

/** Reads a `SignedAcceptance` of the schema as the core has it, unchecked; throws `ANSWER_INVALID`. */
export function readAcceptance(fields: Fields): SignedAcceptance {
  const root = read.object(fields, 'root')
  return {
    acceptance: {
      digest: read.hash(fields, 'digest'),
      position: read.amount(fields, 'position'),
      isAccepted: read.flag(fields, 'isAccepted'),
      atMs: read.amount(fields, 'atMs'),
    },
    index: read.integer(fields, 'index'),
    count: read.integer(fields, 'count'),
    siblings: read.texts(fields, 'siblings').map(sibling => read.hash({ sibling }, 'sibling')),
    root: {
      message: {
        shard: read.integer(root, 'shard'),
        root: read.hash(root, 'root'),
        position: read.amount(root, 'position'),
        journalHash: read.hash(root, 'journalHash'),
      },
      signature: read.hex(root, 'signature'),
    },
  }
}

/** Reads an `EpochInclusion` of the schema as the core has it, unchecked; throws `ANSWER_INVALID`. */
export function readInclusion(fields: Fields): ShownInclusion {
  const siblings = read.objects(fields, 'siblings').map(sibling => ({
    hash: read.hash(sibling, 'hash'),
    sumMicrocredits: read.amount(sibling, 'sum'),
  }))
  const leaf = optional(read.object, fields, 'leaf')
  const other = optional(read.object, fields, 'other')
  return {
    epoch: read.amount(fields, 'epoch'),
    root: { root: read.hash(fields, 'root'), totalMicrocredits: read.amount(fields, 'total') },
    shown: {
      ...(leaf !== null && { leaf: readLeaf(leaf) }),
      proof: { siblings, ...(other !== null && { other: readLeaf(other) }) },
    },
  }
}

function readLeaf(leaf: Fields): Leaf {
  const delegateNonces = optional(read.objects, leaf, 'delegateNonces')
  const holds = optional(read.objects, leaf, 'holds')
  return {
    account: read.text(leaf, 'account') as LeafAccount,
    availableMicrocredits: read.amount(leaf, 'available'),
    heldMicrocredits: read.amount(leaf, 'held'),
    nonces: read.objects(leaf, 'nonces').map(readLane),
    ...(delegateNonces !== null && {
      delegateNonces: delegateNonces.map(lane => ({ signer: read.address(lane, 'signer'), ...readLane(lane) })),
    }),
    ...(holds !== null && {
      holds: holds.map(hold => ({ key: read.hash(hold, 'order'), value: read.amount(hold, 'amount') })),
    }),
    receiptSequence: read.amount(leaf, 'receiptSequence'),
  }
}

function readLane(lane: Fields): Leaf['nonces'][number] {
  return { lane: Number(read.amount(lane, 'lane')), nonce: read.amount(lane, 'nonce') }
}
