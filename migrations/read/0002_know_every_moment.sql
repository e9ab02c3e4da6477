-- What was folded so far lacks what is known from now on, such as who holds credits for whom and the other party of a movement. It is
-- folded anew from the journal: the checkpoint begins at 0.
DROP TABLE read_checkpoint;
DROP TABLE account_balance;
DROP TABLE statement_entry;
DROP TABLE settled_job;
DROP TABLE epoch_payout;
DROP TABLE epoch;

-- Whoever folds, or puts a rebuilt set of tables in place of this one, locks this row first. The generation counts such changes.
CREATE TABLE read_lock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  generation BIGINT NOT NULL
);

INSERT INTO read_lock (id, generation) VALUES (1, 0);

-- How far the projections have come in the journal of each shard; no row stands for 0.
CREATE TABLE read_checkpoint (
  shard INTEGER PRIMARY KEY CHECK (shard >= 0),
  position BIGINT NOT NULL CHECK (position >= 1)
);

-- Times of events, ascending, each with the last position that has it.
CREATE TABLE journal_time (
  shard INTEGER NOT NULL,
  at_ms BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (shard, at_ms)
);

CREATE UNIQUE INDEX journal_time_by_position ON journal_time (shard, position);

-- What a wallet has in a shard, and how many holds it has open there.
CREATE TABLE wallet_balance (
  wallet TEXT NOT NULL,
  shard INTEGER NOT NULL,
  available_microcredits BIGINT NOT NULL,
  held_microcredits BIGINT NOT NULL,
  payable_microcredits BIGINT NOT NULL,
  hold_count BIGINT NOT NULL,
  PRIMARY KEY (wallet, shard)
);

-- Accounts of the network itself: reserve, burn, treasury, rewards, clearing.
CREATE TABLE network_balance (
  shard INTEGER NOT NULL,
  account TEXT NOT NULL,
  amount_microcredits BIGINT NOT NULL,
  PRIMARY KEY (shard, account)
);

-- One row per entry of an event on an account of a wallet: its own (`wallet`), a hold that it pays (`hold`), or its payouts (`payable`).
-- The subject is the digest of the job, escrow or IOU. What follows the amount is the state after the entry.
CREATE TABLE statement_entry (
  wallet TEXT NOT NULL,
  shard INTEGER NOT NULL,
  position BIGINT NOT NULL,
  entry_index INTEGER NOT NULL,
  at_ms BIGINT NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT,
  counterparty TEXT,
  amount_microcredits BIGINT NOT NULL,
  hold_after_microcredits BIGINT,
  available_after_microcredits BIGINT NOT NULL,
  held_after_microcredits BIGINT NOT NULL,
  payable_after_microcredits BIGINT NOT NULL,
  hold_count_after BIGINT NOT NULL
);

CREATE UNIQUE INDEX statement_entry_by_wallet ON statement_entry (wallet, shard, position, entry_index);

-- Holds of jobs and escrows, open and ended.
CREATE TABLE hold (
  id TEXT PRIMARY KEY,
  shard INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payer TEXT NOT NULL,
  seller TEXT,
  amount_microcredits BIGINT NOT NULL,
  opened_position BIGINT NOT NULL,
  opened_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT NOT NULL,
  permission TEXT,
  ended_position BIGINT,
  ended_at_ms BIGINT,
  end_event TEXT,
  released_microcredits BIGINT
);

CREATE UNIQUE INDEX hold_by_payer ON hold (payer, shard, opened_position);

CREATE TABLE settled_job (
  order_digest TEXT PRIMARY KEY,
  shard INTEGER NOT NULL,
  position BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  node TEXT NOT NULL,
  payout_wallet TEXT NOT NULL,
  captured_microcredits BIGINT NOT NULL,
  fee_microcredits BIGINT NOT NULL,
  earned_microcredits BIGINT NOT NULL,
  released_microcredits BIGINT NOT NULL
);

CREATE INDEX settled_job_by_node ON settled_job (node);

-- Spending permissions; the message is the signed one as JSON with integers as text.
CREATE TABLE permission (
  digest TEXT PRIMARY KEY,
  shard INTEGER NOT NULL,
  wallet TEXT NOT NULL,
  delegate TEXT NOT NULL,
  message TEXT NOT NULL,
  granted_position BIGINT NOT NULL,
  granted_at_ms BIGINT NOT NULL,
  ends_at_ms BIGINT NOT NULL,
  spent_microcredits BIGINT NOT NULL,
  spend_count BIGINT NOT NULL
);

CREATE UNIQUE INDEX permission_by_wallet ON permission (wallet, granted_at_ms, shard, granted_position);

CREATE UNIQUE INDEX permission_by_delegate ON permission (wallet, delegate, granted_at_ms, shard, granted_position);

-- Spends under permissions, and what came back of them, with the delegate's journalled totals and the permission's own.
CREATE TABLE permission_spend (
  permission TEXT NOT NULL,
  shard INTEGER NOT NULL,
  position BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  event TEXT NOT NULL,
  wallet TEXT NOT NULL,
  delegate TEXT NOT NULL,
  amount_microcredits BIGINT NOT NULL,
  subject TEXT,
  counterparty TEXT,
  hour_microcredits BIGINT NOT NULL,
  day_microcredits BIGINT NOT NULL,
  total_microcredits BIGINT NOT NULL,
  permission_microcredits BIGINT NOT NULL
);

CREATE UNIQUE INDEX permission_spend_by_permission ON permission_spend (permission, position);

-- Promises to pay; the status is `open` or `paid`, the message the signed one as JSON with integers as text.
CREATE TABLE iou (
  digest TEXT PRIMARY KEY,
  shard INTEGER NOT NULL,
  debtor TEXT NOT NULL,
  creditor TEXT NOT NULL,
  status TEXT NOT NULL,
  message TEXT NOT NULL,
  issued_position BIGINT NOT NULL,
  issued_at_ms BIGINT NOT NULL,
  outstanding_microcredits BIGINT NOT NULL,
  defaulted_at_ms BIGINT,
  paid_at_ms BIGINT
);

CREATE UNIQUE INDEX iou_by_debtor ON iou (debtor, status, issued_at_ms, shard, issued_position);

CREATE UNIQUE INDEX iou_by_creditor ON iou (creditor, status, issued_at_ms, shard, issued_position);

-- Grants and bonuses: credits out of the rewards budget; a grant has a reason.
CREATE TABLE reward (
  wallet TEXT NOT NULL,
  shard INTEGER NOT NULL,
  position BIGINT NOT NULL,
  entry_index INTEGER NOT NULL,
  at_ms BIGINT NOT NULL,
  event TEXT NOT NULL,
  amount_microcredits BIGINT NOT NULL,
  reason TEXT
);

CREATE UNIQUE INDEX reward_by_wallet ON reward (wallet, at_ms, shard, position, entry_index);

CREATE TABLE epoch (
  epoch BIGINT PRIMARY KEY,
  closed_position BIGINT NOT NULL,
  closed_at_ms BIGINT NOT NULL,
  parent BIGINT NOT NULL,
  inbox_cut BIGINT NOT NULL,
  journal_position BIGINT NOT NULL,
  journal_hash TEXT NOT NULL,
  burn_microcredits BIGINT NOT NULL,
  leaves_root TEXT NOT NULL,
  leaves_total_microcredits BIGINT NOT NULL,
  final_position BIGINT,
  final_at_ms BIGINT,
  final_transaction_hash TEXT
);

CREATE TABLE epoch_payout (
  epoch BIGINT NOT NULL,
  payee_id BIGINT NOT NULL,
  wallet TEXT NOT NULL,
  increment_microcredits BIGINT NOT NULL,
  cumulative_microcredits BIGINT NOT NULL,
  previous_epoch BIGINT NOT NULL,
  PRIMARY KEY (epoch, payee_id)
);
