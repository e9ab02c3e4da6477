import type { ConfigOf } from '../config/role-config.ts'
import { ProjectorModule } from '../ledger/projector.module.ts'
import { ProjectorService } from '../ledger/projector.service.ts'
import { gauge } from '../operations/gauge.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { KyselyReadModel } from '../read-model/kysely-read-model.ts'
import { JOURNAL_SOURCE, READ_MODEL } from '../tokens.ts'
import { journalName } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openDatabase, openStore } from './open-databases.ts'
import { patientStore } from './patient-store.ts'
import type { RoleContext, StartedRole } from './role-context.ts'
import { storeJournal } from './store-journal.ts'

/** Folds a shard's journal into the read model. */
export async function startProjector(config: ConfigOf<'projector'>, context: RoleContext): Promise<StartedRole> {
  const { closing, metrics, report, server, signal } = context
  const store = await openStore(config.storeUrl, context)
  const readModel = await KyselyReadModel.open(await openDatabase(config.readModelUrl, context))
  closing.defer(() => readModel.close())
  const patient = patientStore({ store, wait: waitOnTimer, signal, report })
  const source = storeJournal(patient, journalName(config.shard, config.shardCount), context)
  const application = await startModule(
    ProjectorModule,
    [
      [JOURNAL_SOURCE, source],
      [READ_MODEL, readModel],
    ],
    report,
  )
  closing.defer(() => application.close())
  const projector = application.get(ProjectorService, { strict: false })
  server.expect({ name: 'readModel', isRequired: true, isHealthy: () => projector.readModelError() === undefined })
  gauge(metrics, 'deparrow_read_model_position', 'Last position that is in the read model.', () => readModel.position())
  return {}
}
