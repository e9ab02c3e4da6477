import { type Job, readJob } from '../api/job.ts'
import { operations } from '../api/operations.ts'
import { optional, read } from '../api/read.ts'
import type { WalletContext } from './wallet-context.ts'

/** Jobs from the newest to older ones; give `next` as `before` to go on. */
export type JobPage = { readonly jobs: readonly Job[]; readonly next: string | null }

/** A page of the wallet's jobs. */
export async function readJobs(context: WalletContext, first: number, before?: string): Promise<JobPage> {
  const variables = { payer: context.address, first, before: before ?? null }
  const page = read.object(await context.ask(operations.jobs, variables), 'jobs')
  return { jobs: read.objects(page, 'jobs').map(readJob), next: optional(read.text, page, 'next') }
}
