-- A row is what one append wrote: the payloads one a line, the chain hashes one after another, 32 bytes each.
CREATE TABLE journal_batch (
  shard TEXT NOT NULL,
  first_position BIGINT NOT NULL CHECK (first_position >= 1),
  last_position BIGINT NOT NULL CHECK (last_position >= first_position),
  hashes BLOB NOT NULL CHECK (length(hashes) = 32 * (last_position - first_position + 1)),
  payloads TEXT NOT NULL,
  PRIMARY KEY (shard, last_position)
);

INSERT INTO journal_batch (shard, first_position, last_position, hashes, payloads)
  SELECT shard, position, position, unhex(substr(hash, 3)), payload FROM journal_event ORDER BY shard, position;

DROP TABLE journal_event;

-- The end of the writer's lease on this database's clock, in Unix milliseconds.
ALTER TABLE journal_head ADD COLUMN lease_until_ms BIGINT NOT NULL DEFAULT 0;

-- The journal one event a row, for people who look into it.
CREATE VIEW journal_event (shard, position, type, at_ms, command_id, payload, hash) AS
  SELECT shard, first_position + event.key, event.value ->> 'type', event.value ->> 'atMs', event.value ->> 'commandId',
    event.value, '0x' || lower(hex(substr(hashes, 1 + 32 * event.key, 32)))
  FROM journal_batch, json_each('[' || replace(payloads, char(10), ',') || ']') AS event;
