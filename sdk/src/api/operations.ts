import { jobFields } from './job.ts'
import { networkFields } from './network.ts'
import { selectRefusals } from './refusal.ts'
import { balanceFields, claimFields, statementFields } from './wallet.ts'

const movement = `
  ... on Movement { commandId position wallet { ${balanceFields} } }
  ${selectRefusals('Malformed', 'InvalidSignature', 'InsufficientCredits', 'Refused')}
`

/** Every GraphQL operation that the wallet sends. */
export const operations = {
  network: `query { network { ${networkFields} } }`,
  nodes: 'query { nodes { address payoutWallet online peerId engines slotsMax jobsRunning } }',
  balance: `query ($address: Address!) { wallet(address: $address) { ${balanceFields} } }`,
  lastNonce: 'query ($address: Address!, $lane: Int!) { wallet(address: $address) { lastNonce(lane: $lane) } }',
  statement: `query ($address: Address!, $first: Int!, $before: BigInt) {
    wallet(address: $address) { statement(first: $first, before: $before) { ${statementFields} } }
  }`,
  claim: `query ($address: Address!) { wallet(address: $address) { claim { ${claimFields} } } }`,
  quote: `query ($spec: JSON!, $priority: Int!, $bid: Microcredits!) {
    quote(spec: $spec, priority: $priority, bid: $bid) {
      ... on Quote { maxPrice minPrice nodesAvailable } ${selectRefusals('Malformed', 'Refused')}
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
      ... on Session { token address expiresAt } ${selectRefusals('Malformed', 'Refused')}
    }
  }`,
  submitJob: `mutation ($order: JSON!, $signature: Hex!, $spec: JSON!) {
    submitJob(order: $order, signature: $signature, spec: $spec) {
      ... on Job { ${jobFields} }
      ${selectRefusals('Malformed', 'InvalidSignature', 'InsufficientCredits', 'PriceAboveMaximum', 'Refused')}
    }
  }`,
  cancelJob: `mutation ($cancellation: JSON!, $signature: Hex!) {
    cancelJob(cancellation: $cancellation, signature: $signature) {
      ... on Job { ${jobFields} } ${selectRefusals('Malformed', 'InvalidSignature', 'Refused')}
    }
  }`,
  transfer: `mutation ($message: JSON!, $signature: Hex!) {
    transfer(transfer: $message, signature: $signature) { ${movement} }
  }`,
  withdraw: `mutation ($message: JSON!, $signature: Hex!) {
    withdraw(withdrawal: $message, signature: $signature) { ${movement} }
  }`,
  instructPayouts: `mutation ($message: JSON!, $signature: Hex!) {
    instructPayouts(instruction: $message, signature: $signature) { ${movement} }
  }`,
  jobChanged: `subscription ($id: Hex!) { jobChanged(id: $id) { ${jobFields} } }`,
  jobLogged: 'subscription ($id: Hex!) { jobLog(id: $id) }',
} as const
