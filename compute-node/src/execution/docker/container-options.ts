import type { ContainerCreateOptions } from 'dockerode'
import type { DockerJobRequest } from '../engine.ts'

/** Marks a container as one node's, so that what a killed node left behind is found again. */
export const nodeLabel = 'deparrow.node'

/** Least memory that Docker Engine lets a container have, in bytes. */
export const containerMemoryBytesMin = 6 * 1024 * 1024

/** Processes and threads of a job: enough for a build tool, too few for a fork bomb to matter. */
const pidsMax = 64

/** Files under /tmp, in bytes; they count as memory too, so a smaller memory limit wins. */
const temporaryBytesMax = 64 * 1024 * 1024

/** Open files of a process: the usual soft limit of a login shell. */
const openFilesMax = 1024

/** User and group `nobody`, which owns nothing on any common system. */
const unprivilegedUser = '65534:65534'

/**
 * A container without network, capabilities, writable disk, host folders, log file and way to new privileges. What the
 * image declares as volumes becomes memory too: a volume would be disk without a limit.
 */
export function containerOptions(
  request: DockerJobRequest,
  image: { readonly id: string; readonly volumes: readonly string[] },
  nodeAddress: string,
): ContainerCreateOptions {
  const { memoryBytesMax, cpuMillisMax } = request.limits
  const temporary = `rw,noexec,nosuid,nodev,mode=1777,size=${Math.min(temporaryBytesMax, memoryBytesMax)}`
  return {
    Image: image.id,
    ...(request.args.length > 0 ? { Cmd: [...request.args] } : {}),
    Env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
    Labels: { [nodeLabel]: nodeAddress },
    User: unprivilegedUser,
    Hostname: 'job',
    NetworkDisabled: true,
    Healthcheck: { Test: ['NONE'] },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: 'none',
      Memory: memoryBytesMax,
      MemorySwap: memoryBytesMax,
      NanoCpus: cpuMillisMax * 1_000_000,
      PidsLimit: pidsMax,
      ReadonlyRootfs: true,
      Tmpfs: Object.fromEntries(['/tmp', ...image.volumes].map(folder => [folder, temporary])),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Ulimits: [
        { Name: 'nofile', Soft: openFilesMax, Hard: openFilesMax },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
    },
  }
}
