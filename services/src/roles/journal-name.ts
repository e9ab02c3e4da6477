/** The journal of a ledger that has one shard only. */
const onlyJournal = 'main'

/** What the journal of a shard is called in the event store, and its snapshot, and its partition. */
export function journalName(shard: number, shardCount: number): string {
  return shardCount === 1 ? onlyJournal : `shard-${shard}`
}

/** The journals of all shards by their number, which is also that of their partition. */
export function journalNames(shardCount: number): readonly string[] {
  return Array.from({ length: shardCount }, (_, shard) => journalName(shard, shardCount))
}
