import { runDeployCommand } from './deploy-command.ts'

process.exitCode = await runDeployCommand({
  args: process.argv.slice(2),
  keyFile: process.env['DEPARROW_DEPLOYER_KEY_FILE'],
  // npm runs scripts in the package's folder and says here where it was called.
  folder: process.env['INIT_CWD'] ?? process.cwd(),
  print: line => console.log(line),
  printError: line => console.error(line),
  pollingIntervalMs: 1_000,
})
