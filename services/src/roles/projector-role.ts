import type { ConfigOf } from '../config/role-config.ts'
import { ProjectorModule } from '../ledger/projector.module.ts'
import { ProjectorService } from '../ledger/projector.service.ts'
import { gauge } from '../operations/gauge.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { JOURNAL_SOURCE, PROJECTED_SHARD, READ_MODEL } from '../tokens.ts'
import { journalName, journalNames } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import { openReadModel } from './open-read-model.ts'
import { patientStore } from './patient-store.ts'
import type { RoleContext, StartedRole } from './role-context.ts'
import { storeJournal } from './store-journal.ts'

/** Folds a shard's journal into the read model. */
export async function startProjector(config: ConfigOf<'projector'>, context: RoleContext): Promise<StartedRole> {
  const { closing, metrics, report, server, signal } = context
  const store = await openStore(config.storeUrl, context)
  const patient = patientStore({ store, wait: waitOnTimer, signal, report })
  const source = storeJournal(patient, journalName(config.shard, config.shardCount), context)
  const journals = journalNames(config.shardCount).map(name => storeJournal(patient, name, context))
  const readModel = await openReadModel(config.readModelUrl, journals, context)
  const application = await startModule(
    ProjectorModule,
    [
      [JOURNAL_SOURCE, source],
      [READ_MODEL, readModel],
      [PROJECTED_SHARD, config.shard],
    ],
    report,
  )
  closing.defer(() => application.close())
  const projector = application.get(ProjectorService, { strict: false })
  server.expect({ name: 'readModel', isRequired: true, isHealthy: () => projector.readModelError() === undefined })
  gauge(metrics, 'deparrow_read_model_position', 'Last position that is in the read model.', () =>
    readModel.position(config.shard),
  )
  return {}
}
