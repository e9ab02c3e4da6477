-- How far the projections have come; one row.
CREATE TABLE read_checkpoint (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  position BIGINT NOT NULL CHECK (position >= 0)
);

INSERT INTO read_checkpoint (id, position) VALUES (1, 0);

-- Balance of each account; a hold is removed when it ends. The wallet is the one whose statement shows the account.
CREATE TABLE account_balance (
  account TEXT PRIMARY KEY,
  wallet TEXT,
  amount_microcredits BIGINT NOT NULL
);

-- One row per entry of an event on an account that belongs to a wallet.
CREATE TABLE statement_entry (
  position BIGINT NOT NULL,
  entry_index INTEGER NOT NULL,
  wallet TEXT NOT NULL,
  account TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  event TEXT NOT NULL,
  amount_microcredits BIGINT NOT NULL,
  balance_after_microcredits BIGINT NOT NULL,
  order_digest TEXT,
  PRIMARY KEY (position, entry_index)
);

CREATE INDEX statement_entry_by_wallet ON statement_entry (wallet, position, entry_index);

CREATE TABLE settled_job (
  order_digest TEXT PRIMARY KEY,
  position BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  node TEXT NOT NULL,
  payout_wallet TEXT NOT NULL,
  captured_microcredits BIGINT NOT NULL,
  fee_microcredits BIGINT NOT NULL,
  earned_microcredits BIGINT NOT NULL,
  released_microcredits BIGINT NOT NULL
);

CREATE INDEX settled_job_by_node ON settled_job (node, position);

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

CREATE INDEX epoch_payout_by_wallet ON epoch_payout (wallet, epoch);
