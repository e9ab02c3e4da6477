-- The end of each shard and the lease of its writer.
CREATE TABLE journal_head (
  shard TEXT PRIMARY KEY,
  lease_epoch BIGINT NOT NULL CHECK (lease_epoch >= 1),
  position BIGINT NOT NULL CHECK (position >= 0),
  hash TEXT NOT NULL CHECK (length(hash) = 66)
);

-- Events in their order; the payload is the canonical JSON that the hash chain covers.
CREATE TABLE journal_event (
  shard TEXT NOT NULL,
  position BIGINT NOT NULL CHECK (position >= 1),
  type TEXT NOT NULL CHECK (length(type) > 0),
  at_ms BIGINT NOT NULL,
  command_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 66),
  PRIMARY KEY (shard, position)
);
