import type { Answer } from '../api/refusal.ts'
import type { ConfigRequest, GrantRequest } from '../commands/treasury-commands.ts'
import type { ReferralRequest } from './referral.ts'
import { type Movement, sendCommand } from './send-command.ts'
import type { WalletContext } from './wallet-context.ts'

/** What only certain keys may sign; from any other the ledger answers `INVALID_SIGNATURE`. */
export type Treasury = {
  /** As the treasurer, gives credits out of the rewards budget. Refusals: `GRANT_CAP_REACHED`, `REWARDS_EXHAUSTED`. */
  grantCredits(request: GrantRequest): Promise<Answer<Movement>>
  /** As the treasurer, announces prices and limits. Refusal: `CHANGE_TIME_OUT_OF_RANGE`. */
  changeConfig(request: ConfigRequest): Promise<Answer<Movement>>
  /** As a node's payout wallet, says once who referred the node. Refusals: `UNKNOWN_NODE`, `REFERRAL_EXISTS`, `REFERRAL_TOO_LATE`. */
  recordReferral(request: ReferralRequest): Promise<Answer<Movement>>
}

export function treasuryOf(context: WalletContext): Treasury {
  return {
    grantCredits: request => sendCommand(context, 'grantCredits', request),
    changeConfig: request => sendCommand(context, 'changeConfig', request),
    recordReferral: request => sendCommand(context, 'recordReferral', request),
  }
}
