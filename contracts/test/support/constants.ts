/** Whether coverage is measured: then the contracts take other gas than deployed ones. */
export const isCoverageRun = process.env['HARDHAT_COVERAGE'] === 'true'

export const CREDIT_WEI = 10n ** 18n
export const WEI_PER_MICROCREDIT = 10n ** 12n

/** The numbers of `EpochStatus` in `src/types/Epoch.sol`. */
export const EPOCH_STATUS = {
  unknown: 0,
  open: 1,
  lapsed: 2,
  pending: 3,
  cancelled: 4,
  final: 5,
  finalised: 6,
} as const

/** The numbers of `CancelReason` in `src/types/Epoch.sol`. */
export const CANCEL_REASON = {
  guardian: 0,
  wrongCumulative: 1,
  skippedRow: 2,
  noPreviousRow: 3,
  unpaidPayable: 4,
  disputed: 5,
  exit: 6,
} as const

/** The numbers of `InboxKind` in `src/types/Inbox.sol`. */
export const INBOX_KIND = {
  deposit: 0,
  genesisTreasury: 1,
  genesisRewards: 2,
  emission: 3,
  forcedWithdrawal: 4,
  revocation: 5,
  receipt: 6,
} as const
