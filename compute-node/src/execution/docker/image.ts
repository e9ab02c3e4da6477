import type Docker from 'dockerode'
import type { ImageRefusalCode } from '../engine.ts'
import { describeError, statusOf } from './docker-error.ts'

export type ImageResult =
  | {
      readonly ok: true
      /** The content address of the image: what is started cannot change between this look and the start. */
      readonly id: string
      /** Folders that the image declares as volumes. */
      readonly volumes: readonly string[]
    }
  | { readonly ok: false; readonly code: ImageRefusalCode; readonly message: string }

/** `name`, `host:port/name`, each with `:tag` or `@sha256:…`, or an image id: https://github.com/distribution/reference/tree/v0.6.0 */
const referencePattern =
  /^(?:[a-z0-9][a-z0-9.-]*(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/
const imageIdPattern = /^sha256:[0-9a-f]{64}$/
const referenceLengthMax = 255

/** Finds an image by its reference: here, or, when `pullTimeoutMs` is not 0, wherever Docker Engine can pull it from in time. */
export async function resolveImage(
  docker: Docker,
  reference: string,
  pullTimeoutMs: number,
  signal: AbortSignal,
): Promise<ImageResult> {
  const isReference = referencePattern.test(reference) || imageIdPattern.test(reference)
  if (!isReference || reference.length > referenceLengthMax) {
    return { ok: false, code: 'IMAGE_REFERENCE_INVALID', message: `"${reference}" is not an image reference.` }
  }
  const local = await inspectImage(docker, reference)
  if (local !== undefined) return local
  if (pullTimeoutMs === 0) return notAvailable(reference, 'it is not on this node')
  try {
    await pullImage(docker, reference, AbortSignal.any([signal, AbortSignal.timeout(pullTimeoutMs)]))
  } catch (error) {
    return notAvailable(reference, describeError(error))
  }
  return (await inspectImage(docker, reference)) ?? notAvailable(reference, 'it was pulled and is gone again')
}

function notAvailable(reference: string, why: string): ImageResult {
  return { ok: false, code: 'IMAGE_NOT_AVAILABLE', message: `The image "${reference}" cannot be used: ${why}.` }
}

async function inspectImage(docker: Docker, reference: string): Promise<ImageResult | undefined> {
  try {
    const { Id, Config } = await docker.getImage(reference).inspect()
    return { ok: true, id: Id, volumes: Object.keys(Config?.Volumes ?? {}) }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

async function pullImage(docker: Docker, reference: string, abortSignal: AbortSignal): Promise<void> {
  const progress = await docker.pull(withTag(reference), { abortSignal })
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

/** Without a tag or digest Docker Engine would pull every tag of a name. */
function withTag(reference: string): string {
  const lastName = reference.slice(reference.lastIndexOf('/') + 1)
  return lastName.includes(':') || lastName.includes('@') ? reference : `${reference}:latest`
}
