export type { CommandName, SignedCommand } from './api/commands.ts'
export * from './api/hold.ts'
export * from './api/iou.ts'
export * from './api/job.ts'
export * from './api/network.ts'
export * from './api/node.ts'
export * from './api/permission.ts'
export * from './api/refusal.ts'
export * from './api/wallet.ts'
export type { Claimed } from './chain/claim.ts'
export type { DepositMethod } from './chain/deposit-calls.ts'
export type { Funded, FundRequest } from './chain/fund.ts'
export type { CommandRequests } from './commands/commands.ts'
export * from './content/content-id.ts'
export * from './errors.ts'
export { type GatewayLimits, gatewayLimitsDefault } from './http/graphql-client.ts'
export * from './keys/published-account.ts'
export * from './keys/published-development-keys.ts'
export * from './keys/secret-key.ts'
export {
  type PermissionRequest,
  type RevocationRequest,
  signPermission,
  signRevocation,
} from './permission/sign-permission.ts'
export { type AcceptedCommand, type AcceptingLedger, checkAcceptance } from './proof/check-acceptance.ts'
export { checkInclusion, type ProvenBalance, type ShownLeaf } from './proof/check-inclusion.ts'
export * from './signing/ledger-hashing.ts'
export * from './signing/typed-data.ts'
export { AgentWallet, type AgentWalletOptions } from './wallet/agent-wallet.ts'
export { ContentMismatchError } from './wallet/content-transfer.ts'
export { CreditPendingError, type Deposited, type DepositOptions } from './wallet/deposit.ts'
export type { Escrows } from './wallet/escrows.ts'
export { type CheckedResult, type ResultCheckCode, ResultCheckError } from './wallet/fetch-result.ts'
export { type FollowOptions, UnknownJobError } from './wallet/follow-job.ts'
export type { FollowWalletOptions, WalletEvent } from './wallet/follow-wallet.ts'
export type {
  BalanceAsOf,
  HoldPage,
  HoldRequest,
  Moment,
  RewardPage,
  StatementFilter,
  StatementRequest,
} from './wallet/history.ts'
export type { IouList, IouPage, Ious } from './wallet/ious.ts'
export type { JobPage } from './wallet/job-list.ts'
export { type JobProgram, type JobRequest, jobLimitsDefault } from './wallet/job-request.ts'
export { type ExpectedNetwork, fetchNetwork, fetchNodes } from './wallet/network.ts'
export type { ListPage } from './wallet/own-reads.ts'
export type { PermissionPage, PermissionSpendPage, Permissions } from './wallet/permissions.ts'
export type { ProvenInclusion } from './wallet/proofs.ts'
export type { ReferralRequest } from './wallet/referral.ts'
export { AnswerLostError, type Movement } from './wallet/send-command.ts'
export type { LinkedMovement, LinkedRequest } from './wallet/send-linked.ts'
export { type Session, SignInRefusedError } from './wallet/sign-in.ts'
export type { Quote } from './wallet/submit-job.ts'
export type { Treasury } from './wallet/treasury.ts'
