import { type BoughtJob, jobsToBuy } from './bought-jobs.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { describeProblem } from './describe-problem.ts'
import { createNarrator, type Narrator } from './narrator.ts'
import { type LocalOptions, parseOptions, usage } from './options.ts'

/** Loaded once the command line and the data folder are found good, so that a refusal comes at once. */
const heavyParts = {
  network: () => import('./local-network.ts'),
  mainJob: () => import('./main-job.ts'),
  outcome: () => import('./outcome.ts'),
  table: () => import('./table.ts'),
}

/** Exit codes: 0 done, 1 something failed, 2 the command line cannot be read. */
async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2))
  if (parsed.kind === 'help') {
    console.log(usage)
    return 0
  }
  if (parsed.kind === 'refused') {
    console.error(`${parsed.message}\n\n${usage}`)
    return 2
  }
  const { options } = parsed
  const narrator = createNarrator(options.isJson ? process.stderr : process.stdout)
  try {
    return await run(options, narrator)
  } catch (error) {
    console.error(describeProblem(error, options))
    return 1
  }
}

async function run(options: LocalOptions, narrator: Narrator): Promise<number> {
  const jobs = await jobsToBuy(options.textFile)
  const folder = await openDataFolder(options.dataFolder, options.isFresh)
  try {
    return await runNetwork(folder, jobs, options, narrator)
  } finally {
    folder.release()
  }
}

async function runNetwork(
  folder: DataFolder,
  jobs: readonly BoughtJob[],
  options: LocalOptions,
  narrator: Narrator,
): Promise<number> {
  const { startLocalNetwork } = await heavyParts.network()
  const { runMainJob } = await heavyParts.mainJob()
  const network = await startLocalNetwork(folder, options, narrator)
  const interrupted = Promise.withResolvers<'interrupted'>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.resolve('interrupted'))
  try {
    const startMs = Math.round(performance.now())
    narrator.step(
      `The network is ready: GraphQL at ${network.graphqlUrl}`,
      `chain at ${network.rpcUrl}, data in ${folder.root}`,
    )
    const parts = {
      gatewayUrl: network.gatewayUrl,
      agentKey: await network.secrets.key('agent'),
      resultsFolder: folder.results,
      jobs,
      narrator,
    }
    const result = await Promise.race([runMainJob(parts), interrupted.promise])
    if (result === 'interrupted') return 130
    const totalMs = Math.round(performance.now())
    const facts = { ...(await network.facts(Number(result.claimEpoch))), startMs, totalMs }
    narrator.step('Done')
    if (options.isJson) console.log(JSON.stringify((await heavyParts.outcome()).outcomeOf(result, facts)))
    else console.log(`\n${(await heavyParts.table()).outcomeTable(result, facts)}\n`)
    if (!facts.isConserved || !facts.isFullReserve || facts.audit.problem !== undefined) return 1
    if (options.isOnce) return 0
    narrator.step(`The network keeps running; explore it at ${network.graphqlUrl} until Ctrl-C`)
    await interrupted.promise
    return 0
  } finally {
    await network.close()
  }
}

process.exitCode = await main()
// Everything is closed; a step that was interrupted while it waited for the chain must not keep the process. What was written must get out.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
