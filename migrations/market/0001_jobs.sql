CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  payer TEXT NOT NULL,
  status TEXT NOT NULL,
  is_held INTEGER NOT NULL,
  node TEXT,
  attempt INTEGER NOT NULL,
  order_json TEXT NOT NULL,
  spec_json TEXT NOT NULL,
  cancellation_json TEXT,
  receipt_json TEXT,
  output_cid TEXT,
  failure_json TEXT,
  settlement_json TEXT,
  submitted_at_ms BIGINT NOT NULL,
  started_at_ms BIGINT,
  receipt_at_ms BIGINT,
  ended_at_ms BIGINT,
  settled_at_ms BIGINT
);

CREATE INDEX jobs_by_payer ON jobs (payer, submitted_at_ms, id);

CREATE INDEX jobs_unfinished ON jobs (submitted_at_ms) WHERE settled_at_ms IS NULL;

CREATE INDEX jobs_by_status ON jobs (status);

CREATE TABLE job_logs (
  job_id TEXT PRIMARY KEY,
  text TEXT NOT NULL
);

CREATE TABLE market_cursor (
  name TEXT PRIMARY KEY,
  position BIGINT NOT NULL
);
