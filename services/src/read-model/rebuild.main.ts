import { parseRebuildArguments, rebuildUsage } from './rebuild-arguments.ts'
import { runRebuild } from './rebuild-command.ts'

const source = parseRebuildArguments(process.argv.slice(2))
if (source === undefined) {
  console.error(rebuildUsage)
  process.exitCode = 2
} else {
  try {
    console.log(`rebuilt from ${await runRebuild(source)} events; a network that runs changes over to it by itself`)
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error)
    process.exitCode = 1
  }
}
