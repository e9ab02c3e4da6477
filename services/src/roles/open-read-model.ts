import type { JournalReads } from '@deparrow/ledger'
import type { DatabaseLocation } from '../config/locations.ts'
import { KyselyReadModel } from '../read-model/kysely-read-model.ts'
import { openReadModelFile } from '../read-model/open-read-model-file.ts'
import { openDatabase } from './open-databases.ts'
import type { RoleContext } from './role-context.ts'

/**
 * Opens the projections, whoever keeps them. A rebuild takes the place of those in use without a restart: in PostgreSQL by itself, in SQLite because
 * the newest file is looked for; `journals` says, by shard, what came after it was made.
 */
export async function openReadModel(
  location: DatabaseLocation,
  journals: readonly Pick<JournalReads, 'events'>[],
  context: Pick<RoleContext, 'closing' | 'databasePassword' | 'report'>,
): Promise<KyselyReadModel> {
  const { closing, report } = context
  if (location.engine === 'sqlite') {
    const file = await openReadModelFile({ path: location.path, journals, report })
    closing.defer(() => file.close())
    return file.readModel
  }
  const readModel = await KyselyReadModel.open(await openDatabase(location, context))
  closing.defer(() => readModel.close())
  return readModel
}
