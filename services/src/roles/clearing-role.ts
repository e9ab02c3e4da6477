import type { ConfigOf } from '../config/role-config.ts'
import { ClearingModule } from '../ledger/clearing.module.ts'
import { ClearingService } from '../ledger/clearing.service.ts'
import { JOURNAL, SHARD_JOURNALS } from '../tokens.ts'
import { followLedger } from './follow-ledger.ts'
import { journalName, journalNames } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import type { RoleContext, StartedRole } from './role-context.ts'

/** Takes into one shard what all the others send to it. */
export async function startClearing(config: ConfigOf<'clearing'>, context: RoleContext): Promise<StartedRole> {
  const { closing, report, server } = context
  const { shard, shardCount, ledgerUrls } = config
  const store = await openStore(config.storeUrl, context)
  const ledger = await followLedger({ store, journal: journalName(shard, shardCount), ledgerUrls }, context)
  const shards = { store, journals: journalNames(shardCount) }
  const application = await startModule(
    ClearingModule,
    [
      [JOURNAL, ledger],
      [SHARD_JOURNALS, shards],
    ],
    report,
  )
  closing.defer(() => application.close())
  const clearing = application.get(ClearingService, { strict: false })
  server.expect({ name: 'clearing', isRequired: true, isHealthy: () => clearing.clearingError() === undefined })
  return {}
}
