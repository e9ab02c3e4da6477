import { join } from 'node:path'
import { openSqlite } from '../sql/sqlite-database.ts'
import { temporaryFolder } from '../sql/temporary-folder.spec.fixture.ts'
import { describeJournalOf010 } from './journal-of-0.1.0.spec.behaviour.ts'
import { SqliteEventStore } from './sqlite-event-store.ts'

describeJournalOf010('SQLite', async t => {
  const path = join(temporaryFolder(t), 'journal.sqlite')
  const database = openSqlite<Record<string, never>>(path)
  t.after(() => database.close())
  return {
    database,
    async openStore() {
      const store = await SqliteEventStore.open(path)
      t.after(() => store.close())
      return store
    },
  }
})
