import { type Hex, orderCancellationType } from '@deparrow/ledger'
import { type Job, readJob } from '../api/job.ts'
import { operations } from '../api/operations.ts'
import type { Answer } from '../api/refusal.ts'
import { deadlineOf } from '../commands/command.ts'
import { requireDigest, sendSigned } from './send-signed.ts'
import type { WalletContext } from './wallet-context.ts'

/** Signs and sends a cancellation. What the node has used until it hears of it is paid. */
export async function cancelJob(context: WalletContext, orderDigest: Hex): Promise<Answer<{ readonly job: Job }>> {
  const cancellation = { orderDigest, payer: context.address, deadline: deadlineOf(context) }
  const sent = await sendSigned(context, cancellation, {
    type: orderCancellationType,
    document: operations.cancelJob,
    field: 'cancelJob',
    variables: (message, signature) => ({ cancellation: message, signature }),
  })
  if (!sent.ok) return sent
  const job = readJob(sent.member)
  requireDigest(context, orderDigest, job.id)
  return { ok: true, job }
}
