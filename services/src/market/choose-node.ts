import { type Address, isCounterpartyAllowed, type JobSpec, type SpendPermission } from '@deparrow/ledger'
import type { Job } from './job.ts'
import type { NodeLoad } from './market.port.ts'

/** Whether the node could run the job if it had a free slot. */
export function isSuited(node: NodeLoad, spec: JobSpec, graceSeconds: number): boolean {
  return (
    node.engines.includes(spec.engine) &&
    node.memoryBytesMax >= spec.limits.memoryBytesMax &&
    node.graceSecondsMin <= graceSeconds
  )
}

/**
 * The suited node with a free slot that runs the fewest jobs, among equals the first; `except` have refused the job. With a permission, under
 * which a delegate ordered the job, only the nodes that it allows.
 */
export function chooseNode(
  nodes: readonly NodeLoad[],
  job: Pick<Job, 'order' | 'spec'>,
  except: ReadonlySet<Address>,
  permission: SpendPermission | undefined,
): NodeLoad | undefined {
  const { graceSeconds } = job.order.message
  const free = nodes.filter(
    node =>
      node.jobsRunning < node.slotsMax &&
      !except.has(node.address) &&
      isCounterpartyAllowed(permission, node.address) &&
      isSuited(node, job.spec, graceSeconds),
  )
  return free.reduce<NodeLoad | undefined>(
    (best, node) => (best === undefined || node.jobsRunning < best.jobsRunning ? node : best),
    undefined,
  )
}
