-- A row is what one append wrote: the payloads one a line, the chain hashes one after another, 32 bytes each.
CREATE TABLE journal_batch (
  shard TEXT NOT NULL,
  first_position BIGINT NOT NULL CHECK (first_position >= 1),
  last_position BIGINT NOT NULL CHECK (last_position >= first_position),
  hashes BYTEA NOT NULL CHECK (length(hashes) = 32 * (last_position - first_position + 1)),
  payloads TEXT NOT NULL,
  PRIMARY KEY (shard, last_position)
);

-- Hashes do not compress.
ALTER TABLE journal_batch ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- LZ4 compresses several times faster than the default; servers may be built without it.
DO $$ BEGIN
  IF (SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression')
  THEN EXECUTE 'ALTER TABLE journal_batch ALTER COLUMN payloads SET COMPRESSION lz4'; END IF; END $$;

INSERT INTO journal_batch (shard, first_position, last_position, hashes, payloads)
  SELECT shard, position, position, decode(substr(hash, 3), 'hex'), payload FROM journal_event ORDER BY shard, position;

DROP TABLE journal_event;

-- The end of the writer's lease on this database's clock, in Unix milliseconds.
ALTER TABLE journal_head ADD COLUMN lease_until_ms BIGINT NOT NULL DEFAULT 0;

-- The journal one event a row, for people who look into it.
CREATE VIEW journal_event (shard, position, type, at_ms, command_id, payload, hash) AS
  SELECT shard, first_position + number - 1, payload::json ->> 'type', (payload::json ->> 'atMs')::bigint,
    payload::json ->> 'commandId', payload,
    '0x' || encode(substr(hashes, (32 * number - 31)::int, 32), 'hex')
  FROM journal_batch, unnest(string_to_array(payloads, chr(10))) WITH ORDINALITY AS event (payload, number);
