import { holdFields } from './hold.ts'
import { iouFields } from './iou.ts'
import { jobFields } from './job.ts'
import { networkFields } from './network.ts'
import { permissionFields, permissionSpendFields } from './permission.ts'
import { acceptanceFields, inclusionFields } from './proof.ts'
import { selectRefusals } from './refusal.ts'
import { balanceFields, claimFields, entryFields, rewardFields, statementFields } from './wallet.ts'

const spentUnderPermission = ['PermissionExpired', 'EngineNotAllowed', 'CounterpartyNotAllowed', 'CapExceeded'] as const

const pricingFields =
  'cpuCoreHour gpuHour memoryGibHour storageGibHour egressGib fuelCoreHour feeBasisPoints burnBasisPoints'

/** Every GraphQL operation that the wallet sends, but for the mutations of `commands.ts`. */
export const operations = {
  network: `query { network { ${networkFields} } }`,
  nodes: 'query { nodes { address payoutWallet online peerId engines slotsMax jobsRunning } }',
  balance: `query ($address: Address!) { wallet(address: $address) { ${balanceFields} } }`,
  lastNonce: `query ($address: Address!, $lane: Int!, $signer: Address) {
    wallet(address: $address) { lastNonce(lane: $lane, signer: $signer) }
  }`,
  statement: `query ($address: Address!, $first: Int!, $before: BigInt, $cursor: String, $filter: StatementFilter, $at: BigInt) {
    wallet(address: $address, atLeastPosition: $at) {
      statement(first: $first, before: $before, cursor: $cursor, filter: $filter) { ${statementFields} }
    }
  }`,
  balanceAsOf: `query ($address: Address!, $asOf: AsOf!, $at: BigInt) {
    wallet(address: $address, atLeastPosition: $at) {
      balance(asOf: $asOf) { available held payable places { shard position } }
    }
  }`,
  holds: `query ($address: Address!, $asOf: AsOf, $kind: HoldKind, $first: Int!, $cursor: String, $at: BigInt) {
    wallet(address: $address, atLeastPosition: $at) {
      holds(asOf: $asOf, kind: $kind, first: $first, cursor: $cursor) { holds { ${holdFields} } nextCursor }
    }
  }`,
  rewards: `query ($address: Address!, $first: Int!, $cursor: String) {
    wallet(address: $address) { rewards(first: $first, cursor: $cursor) { rewards { ${rewardFields} } nextCursor } }
  }`,
  escrow: `query ($id: Hex!) { escrow(id: $id) { ${holdFields} } }`,
  iou: `query ($id: Hex!) { iou(id: $id) { ${iouFields} } }`,
  ious: `query ($address: Address!, $role: IouRole!, $status: IouStatus!, $first: Int!, $cursor: String) {
    wallet(address: $address) {
      ious(role: $role, status: $status, first: $first, cursor: $cursor) { ious { ${iouFields} } nextCursor }
    }
  }`,
  permission: `query ($wallet: Address!, $delegate: Address!) {
    wallet(address: $wallet) { permission(delegate: $delegate) { ${permissionFields} } }
  }`,
  permissions: `query ($address: Address!, $first: Int!, $cursor: String) {
    wallet(address: $address) {
      permissions(first: $first, cursor: $cursor) { permissions { ${permissionFields} } nextCursor }
    }
  }`,
  permissionSpends: `query ($id: Hex!, $first: Int!, $cursor: String) {
    permission(id: $id) { spends(first: $first, cursor: $cursor) { spends { ${permissionSpendFields} } nextCursor } }
  }`,
  acceptance: `query ($id: Hex!) { ledger { acceptance(commandId: $id) { ${acceptanceFields} } } }`,
  inclusion: `query ($address: Address!) { wallet(address: $address) { inclusion { ${inclusionFields} } } }`,
  pricings: `query { ledger { config { pricing { ${pricingFields} } pending { pricing { ${pricingFields} } } } } }`,
  journalHead: 'query { network { journal { position } } }',
  walletEvents: `subscription ($after: BigInt) { walletEvents(after: $after) {
    position time event entries { ${entryFields} } spend { permission delegate hour day total } escrow { ${holdFields} }
  } }`,
  claim: `query ($address: Address!) { wallet(address: $address) { claim { ${claimFields} } } }`,
  quote: `query ($spec: JSON!, $priority: Int!, $bid: Microcredits!) {
    quote(spec: $spec, priority: $priority, bid: $bid) {
      ... on Quote { maxPrice minPrice nodesAvailable } ${selectRefusals('Malformed')}
    }
  }`,
  job: `query ($id: Hex!) { job(id: $id) { ${jobFields} } }`,
  jobLog: 'query ($id: Hex!, $bytes: Int!) { job(id: $id) { log(bytes: $bytes) } }',
  jobs: `query ($payer: Address!, $first: Int!, $before: String) {
    jobs(payer: $payer, first: $first, before: $before) { jobs { ${jobFields} } next }
  }`,
  challenge: 'mutation ($address: Address!) { challenge(address: $address) { nonce domain uri } }',
  signIn: `mutation ($message: String!, $signature: Hex!) {
    signIn(message: $message, signature: $signature) {
      ... on Session { token address expiresAt } ${selectRefusals('Malformed')}
    }
  }`,
  submitJob: `mutation ($order: JSON!, $signature: Hex!, $spec: JSON!) {
    submitJob(order: $order, signature: $signature, spec: $spec) {
      ... on Job { ${jobFields} }
      ${selectRefusals('Malformed', 'InvalidSignature', 'InsufficientCredits', 'PriceAboveMaximum', ...spentUnderPermission)}
    }
  }`,
  cancelJob: `mutation ($cancellation: JSON!, $signature: Hex!) {
    cancelJob(cancellation: $cancellation, signature: $signature) {
      ... on Job { ${jobFields} } ${selectRefusals('Malformed', 'InvalidSignature')}
    }
  }`,
  jobChanged: `subscription ($id: Hex!) { jobChanged(id: $id) { ${jobFields} } }`,
  jobLogged: 'subscription ($id: Hex!) { jobLog(id: $id) }',
} as const
