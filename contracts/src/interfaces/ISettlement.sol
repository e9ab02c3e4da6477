// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CancelReason, Epoch, EpochHeader, EpochStatus, RowProof, RowsPart} from "../types/Epoch.sol";
import {InboxItem, InboxKind} from "../types/Inbox.sol";
import {PayoutRow} from "../types/PayoutRow.sol";
import {Leaf} from "../types/SumTreeTypes.sol";
import {ISettlementDisputed} from "./ISettlementDisputed.sol";
import {ISettlementExit} from "./ISettlementExit.sol";

/// @title Where DPC becomes credits and credits become DPC.
/// @notice Deposits enter a numbered inbox; the poster posts epochs whose books must close over that inbox; what a final epoch
/// pays is claimed by anybody for the registered payee. Amounts ending in Microcredits are microcredits (10^12 wei each).
/// @dev Tokens sent to the contract directly change nothing in the books.
interface ISettlement is ISettlementDisputed, ISettlementExit {
    /// @notice Emitted for each item that enters the inbox.
    /// @param index Number of the item, from 0 without gaps.
    /// @param kind What arrived.
    /// @param account The wallet credited, or the caller, or the node of a receipt; zero for genesis and emission.
    /// @param amountMicrocredits What the item adds to the books.
    /// @param totalMicrocredits Sum of all items up to and including this one.
    /// @param detail What the kind says, see `InboxKind`.
    event InboxItemAppended(
        uint64 indexed index,
        InboxKind kind,
        address indexed account,
        uint64 amountMicrocredits,
        uint64 totalMicrocredits,
        bytes32 detail
    );

    /// @notice Emitted in the same transaction as the `Revocation` item of this index, whose detail is a hash of what stands here.
    event DelegateRevoked(uint64 indexed index, address indexed wallet, address indexed delegate, uint64 nonce);

    /// @notice Emitted when the guardian stops new deposits.
    event DepositsStopped();

    /// @notice Emitted when an account receives its payee id.
    event PayeeRegistered(uint32 indexed id, address indexed account);

    /// @notice Emitted when an epoch is opened, before its first part.
    event EpochOpened(uint64 indexed epoch, uint64 indexed parent, uint32 rowCount);

    /// @notice Emitted for each part of rows that an epoch receives.
    /// @param rowsRoot Merkle root of the part's rows.
    /// @param payoutsMicrocredits Sum of the part's increments.
    event RowsPosted(uint64 indexed epoch, uint32 indexed part, bytes32 rowsRoot, uint128 payoutsMicrocredits);

    /// @notice Emitted when an epoch's last part has closed the books; the epoch is the new head and its window starts.
    /// @param finalAt Block time in seconds from which it can be finalised.
    event EpochPosted(
        uint64 indexed epoch,
        uint64 indexed parent,
        uint64 inboxCut,
        uint64 journalPosition,
        bytes32 journalHash,
        bytes32 leavesRoot,
        uint64 leavesTotalMicrocredits,
        uint128 payoutsMicrocredits,
        uint64 burnMicrocredits,
        uint64 finalAt
    );

    /// @notice Emitted when an unfinished epoch gives way to a new one, or is cancelled while open.
    event EpochLapsed(uint64 indexed epoch);

    /// @notice Emitted when an epoch and all that descend from it are cancelled.
    /// @param epoch The oldest epoch cancelled.
    /// @param lastEpoch The newest epoch opened so far: no id from `epoch` to `lastEpoch` counts any more.
    /// @param head The epoch that the next one builds on.
    event EpochCancelled(uint64 indexed epoch, uint64 lastEpoch, uint64 head, CancelReason reason);

    /// @notice Emitted when a final epoch's fees are burnt and its payouts become claimable.
    event EpochFinalised(uint64 indexed epoch, uint64 burnMicrocredits);

    /// @notice Emitted when a payee is paid.
    /// @param epoch The final epoch whose row was shown.
    /// @param paidMicrocredits What was transferred to `account`.
    /// @param cumulativeMicrocredits What the payee has been paid so far, this payment included.
    event Claimed(
        uint32 indexed id,
        address indexed account,
        uint64 epoch,
        uint64 paidMicrocredits,
        uint64 cumulativeMicrocredits
    );

    /// @notice Thrown when a constructor argument or a payee is the zero address.
    error AddressZero();

    /// @notice Thrown when a period given to the constructor is longer than sense allows.
    error PeriodTooLong(uint64 periodSeconds, uint64 maxSeconds);

    /// @notice Thrown when a function of the emission contract is called by another account.
    error CallerNotEmission(address caller);

    /// @notice Thrown when a function of the poster is called by another account.
    error CallerNotPoster(address caller);

    /// @notice Thrown when the poster does not call by a plain transaction of an account without code: its rows would not stand in
    /// the transaction's calldata, where watchers and payees read them.
    error PosterNotDirect(address caller);

    /// @notice Thrown when a function of the guardian is called by another account.
    error CallerNotGuardian(address caller);

    /// @notice Thrown when N is so short that a live operator could be exited while demands hold its epochs back.
    error ExitTooSoon(uint64 exitSeconds, uint64 livelySeconds);

    /// @notice Thrown when K is zero: the first demand of a row can be opened in any case.
    error RoundsZero();

    /// @notice Thrown when demands could follow one another for too long.
    error RoundsTooMany(uint64 rounds, uint64 max);

    /// @notice Thrown when a deposit, a bond, a withdrawal or a leaf that is taken out is zero.
    error AmountZero();

    /// @notice Thrown when a deposit is no whole number of microcredits.
    error AmountNotWholeMicrocredits(uint256 amountWei);

    /// @notice Thrown when a deposit comes after the guardian stopped them.
    error DepositsAreStopped();

    /// @notice Thrown when an inbox item is asked for that has not arrived.
    error InboxItemUnknown(uint64 index, uint64 count);

    /// @notice Thrown when an epoch does not build on the head.
    error ParentNotHead(uint64 parent, uint64 head);

    /// @notice Thrown when an epoch's inbox cut lies before its parent's or beyond the inbox.
    error InboxCutInvalid(uint64 inboxCut, uint64 parentCut, uint64 count);

    /// @notice Thrown when an epoch's inbox cut covers an item that is not old enough.
    error InboxItemTooYoung(uint64 index, uint64 coverableAt);

    /// @notice Thrown when an epoch's journal position lies before its parent's.
    error JournalPositionBehindParent(uint64 journalPosition, uint64 parentPosition);

    /// @notice Thrown when an epoch leaves out an inbox item that it has to cover, being closed after `dueAt`.
    error InboxItemLeftOut(uint64 index, uint64 dueAt);

    /// @notice Thrown when an epoch's time lies before its parent's or in the future.
    error ClosedAtInvalid(uint64 closedAt, uint64 parentClosedAt, uint64 blockTime);

    /// @notice Thrown when an epoch was closed more than `LAG_SECONDS_MAX` ago.
    error ClosedAtTooOld(uint64 closedAt, uint64 blockTime);

    /// @notice Thrown when a wallet takes back a nonce that is not above the one it took back before.
    error RevocationNotNewer(uint64 nonce, uint64 revokedNonce);

    /// @notice Thrown when the `payable:` leaf shown proves nothing wrong: it is empty, or its payee or the item came too late.
    error LeafNotWrong(uint64 epoch, address account);

    /// @notice Thrown when rows are posted for an epoch that is not the open one, or too late.
    error EpochNotOpen(uint64 epoch);

    /// @notice Thrown when an epoch is cancelled that is not pending.
    error EpochNotPending(uint64 epoch, EpochStatus status);

    /// @notice Thrown when an epoch is finalised whose window has not passed, or that does not count.
    error EpochNotFinal(uint64 epoch, EpochStatus status);

    /// @notice Thrown when an epoch is finalised before its parent.
    error ParentNotFinalised(uint64 epoch, uint64 parent);

    /// @notice Thrown when a claim shows a row of an epoch that is not finalised.
    error EpochNotFinalised(uint64 epoch, EpochStatus status);

    /// @notice Thrown when an epoch's last part arrives and its books do not close.
    /// @param inboxMicrocredits Deposits and emission up to the inbox cut.
    /// @param accountedMicrocredits Leaves, payouts and burns, those of ancestors included.
    error BooksDoNotClose(uint256 inboxMicrocredits, uint256 accountedMicrocredits);

    /// @notice Thrown when rows are not a multiple of 24 bytes, or a part has none although rows are missing.
    error RowsLengthInvalid(uint256 lengthBytes);

    /// @notice Thrown when more rows are posted than the header announced.
    error RowsTooMany(uint256 posted, uint32 announced);

    /// @notice Thrown when a row's payee id does not ascend from the row before it, over all parts.
    error RowsNotAscending(uint32 previousId, uint32 id);

    /// @notice Thrown when a row pays an id that is not registered.
    error RowPayeeUnknown(uint32 id);

    /// @notice Thrown when a part pays an id that was registered so recently that a reordering of the chain could still give it to
    /// another account.
    error RowPayeeTooYoung(uint32 id, uint64 payableAt);

    /// @notice Thrown when a row pays nothing.
    error RowIncrementZero(uint32 id);

    /// @notice Thrown when a row's cumulative contradicts its own increment: it is below it, or equal although the payee was paid
    /// before, or different although it was not.
    error RowCumulativeInvalid(uint32 id, uint64 incrementMicrocredits, uint64 cumulativeMicrocredits, uint32 previousEpoch);

    /// @notice Thrown when a row names its own or a later epoch as the previous one.
    error RowPreviousEpochInvalid(uint32 id, uint32 previousEpoch, uint64 epoch);

    /// @notice Thrown when a proof does not show its row at its place.
    error RowProofInvalid(uint64 epoch, uint32 part, uint32 index);

    /// @notice Thrown when the rows shown belong to different payees, or not in the order claimed.
    error RowsUnrelated();

    /// @notice Thrown when the rows shown do not prove anything wrong.
    error RowNotWrong(uint64 epoch, uint32 id);

    /// @notice Thrown when a claim would pay nothing.
    error NothingToClaim(uint32 id, uint64 claimedMicrocredits, uint64 cumulativeMicrocredits);

    /// @notice Deposits `amountWei` that the caller has approved; credits the caller.
    /// @dev Reverts with `DepositsAreStopped`, `AmountZero`, `AmountNotWholeMicrocredits`.
    function deposit(uint256 amountWei) external;

    /// @notice Deposits under the caller's ERC-2612 permit. A permit that somebody else has already spent is no obstacle while the
    /// allowance suffices.
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Deposits under an ERC-3009 `ReceiveWithAuthorization` of `from` whose `to` is this contract; credits `from`.
    /// Anybody may relay it.
    function depositWithAuthorization(
        address from,
        uint256 amountWei,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Enters the genesis amounts as two inbox items, `GenesisTreasury` and `GenesisRewards`. Only the emission contract,
    /// which has minted them to this contract.
    function appendGenesis(uint64 treasuryMicrocredits, uint64 rewardsMicrocredits) external;

    /// @notice Asks for `amountMicrocredits` of the caller's credits without the operator: the epoch that covers the item must pay
    /// them out, or leave the caller nothing available.
    /// @return index Number of the inbox item.
    /// @dev Reverts with `ExitStarted`, `AmountZero`.
    function forceWithdrawal(uint64 amountMicrocredits) external returns (uint64 index);

    /// @notice Takes back the caller's permission for `delegate` with this nonce and all older ones.
    /// @return index Number of the inbox item.
    /// @dev Reverts with `ExitStarted`, `AddressZero`, `RevocationNotNewer`.
    function revoke(address delegate, uint64 nonce) external returns (uint64 index);

    /// @notice Gives each account that has none a payee id, ascending from 1. Known accounts are skipped.
    /// @dev Reverts with `AddressZero`.
    function registerPayees(address[] calldata accounts) external;

    /// @notice Opens an epoch and posts its first part. Only the poster, by a plain transaction. An unfinished epoch lapses.
    /// @param rows Payout rows, 24 bytes each, see `PayoutRow`; empty exactly when the header announces none.
    /// @return epoch The id of the epoch; ids ascend from 1 and are never used twice.
    /// @dev Reverts with `ExitStarted`, `ParentNotHead`, `InboxCutInvalid`, `InboxItemTooYoung`, `JournalPositionBehindParent`,
    /// `ClosedAtInvalid`, `ClosedAtTooOld`, `InboxItemLeftOut`, `BondTooSmall`, a `Row…` error, or, when this part is the last, `BooksDoNotClose`.
    function postEpoch(EpochHeader calldata header, bytes calldata rows) external returns (uint64 epoch);

    /// @notice Posts a further part of the open epoch. Only the poster, by a plain transaction.
    /// @dev Reverts with `ExitStarted`, `EpochNotOpen`, a `Row…` error, or, when this part is the last, `BooksDoNotClose`.
    function postRows(uint64 epoch, bytes calldata rows) external;

    /// @notice Cancels a pending epoch and its descendants by a row and an earlier row of the same payee in an ancestor: the row
    /// skips the earlier one, or names it as its previous and does not add up. What the epoch had locked is seized, a tenth of it
    /// for the caller.
    /// @dev Reverts with `EpochNotPending`, `RowProofInvalid`, `RowsUnrelated`, `RowNotWrong`.
    function cancelWrongRow(RowProof calldata row, RowProof calldata earlier) external;

    /// @notice Cancels a pending epoch and its descendants by a row that names as its previous an epoch that is no ancestor, or
    /// one without a row of the payee. What the epoch had locked is seized, a tenth of it for the caller.
    /// @param part The part of the previous epoch that brackets the payee's id; with no neighbours, the first part that starts above
    /// the id, or the number of parts when none does.
    /// @param neighbours Empty, or the two adjacent rows of that part between which the payee's row would stand.
    /// @dev Reverts with `EpochNotPending`, `RowProofInvalid`, `RowsUnrelated`, `RowNotWrong`.
    function cancelRowWithoutPrevious(RowProof calldata row, uint32 part, RowProof[] calldata neighbours) external;

    /// @notice Cancels a pending epoch and its descendants by a `payable:` leaf that is not empty, although the account's payee id
    /// was registered in an earlier second than an inbox item arrived that the epoch covers. What the epoch had locked is seized,
    /// a tenth of it for the caller.
    /// @param siblings 48 bytes each from the root down, see `SumTree`.
    /// @dev Reverts with `EpochNotPending`, `LeafProofInvalid`, `InboxItemUnknown`, `LeafNotWrong`.
    function cancelUnpaid(
        uint64 epoch,
        address account,
        Leaf calldata leaf,
        bytes calldata siblings,
        uint64 inboxIndex
    ) external;

    /// @notice Cancels an epoch that is not final, and its descendants; nothing of the bond is lost. Only the guardian.
    function cancel(uint64 epoch) external;

    /// @notice Stops deposits for ever. Only the guardian.
    function stopDeposits() external;

    /// @notice Burns the fees of a final epoch, has the epoch's emission minted into the inbox, and opens its payouts to claims, one
    /// epoch after the other. Anybody may call it.
    /// @dev Reverts with `EpochNotFinal`, `ParentNotFinalised`.
    function finalise(uint64 epoch) external;

    /// @notice Pays a payee what its row in a finalised epoch states beyond what it was paid before, to its registered address only.
    /// Anybody may call it; the newest row collects all earlier ones.
    /// @dev Reverts with `EpochNotFinalised`, `RowProofInvalid`, `NothingToClaim`.
    function claim(uint64 epoch, uint32 part, uint32 index, PayoutRow row, bytes32[] calldata siblings) external;

    /// @notice The DPC token.
    function token() external view returns (address);

    /// @notice The emission contract.
    function emission() external view returns (address);

    /// @notice The account that posts epochs.
    function poster() external view returns (address);

    /// @notice The account that may cancel epochs and stop deposits.
    function guardian() external view returns (address);

    /// @notice W: how long a complete epoch can be cancelled, in seconds.
    function windowSeconds() external view returns (uint64);

    /// @notice D: how old an inbox item must be before an epoch may cover it, and a payee before a row may pay it, in seconds.
    function inboxAgeSeconds() external view returns (uint64);

    /// @notice How long after the journal's time an epoch may be posted, in seconds.
    function LAG_SECONDS_MAX() external view returns (uint64);

    /// @notice How much older than D an inbox item may be, when an epoch is closed, that the epoch leaves out, in seconds.
    function INBOX_SLACK_SECONDS() external view returns (uint64);

    /// @notice The block in which this contract was deployed; no event is older.
    function deploymentBlock() external view returns (uint256);

    /// @notice Whether the guardian has stopped deposits.
    function isDepositsStopped() external view returns (bool);

    /// @notice Number of inbox items.
    function inboxCount() external view returns (uint64);

    /// @notice The inbox item with this number.
    /// @dev Reverts with `InboxItemUnknown`.
    function inboxItem(uint64 index) external view returns (InboxItem memory);

    /// @notice Sum of the first `cut` inbox items.
    /// @dev Reverts with `InboxItemUnknown`.
    function inboxTotal(uint64 cut) external view returns (uint64 totalMicrocredits);

    /// @notice The highest nonce that a wallet had taken back from a delegate by the inbox items below a cut.
    /// @return isRevoked Whether there is one; otherwise the others are 0.
    /// @return nonce That nonce.
    /// @return inboxIndex Number of the inbox item that did it.
    function revocationOf(
        address wallet,
        address delegate,
        uint64 inboxCut
    ) external view returns (bool isRevoked, uint64 nonce, uint64 inboxIndex);

    /// @notice Number of registered payees, which is also the highest payee id.
    function payeeCount() external view returns (uint32);

    /// @notice The id of an account, 0 when it is not registered.
    function payeeId(address account) external view returns (uint32);

    /// @notice The account of an id and the block time of its registration in seconds; both zero when there is none.
    function payee(uint32 id) external view returns (address account, uint64 registeredAt);

    /// @notice The last complete epoch that is not cancelled; 0 when there is none.
    function headEpoch() external view returns (uint64);

    /// @notice The last finalised epoch; 0 when there is none.
    function finalEpoch() external view returns (uint64);

    /// @notice The newest id given to an epoch, complete or not; the next one is one higher.
    function lastEpoch() external view returns (uint64);

    /// @notice An epoch as posted; all zero when unknown.
    function epoch(uint64 id) external view returns (Epoch memory);

    /// @notice Where an epoch stands at this block's time.
    function epochStatus(uint64 id) external view returns (EpochStatus);

    /// @notice A part's root, number of rows and range of payee ids; all zero when there is no such part.
    function rowsPart(uint64 epoch, uint32 part) external view returns (RowsPart memory);

    /// @notice What a payee has been paid so far.
    function claimedMicrocredits(uint32 id) external view returns (uint64);

}
