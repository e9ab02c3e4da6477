const pollMs = 250
const idlePollsMax = 8

/** Fails when the process has had nothing to do for 2 s: what a mutant keeps waiting waits for ever. */
function unlessIdle(running) {
  return new Promise((resolve, reject) => {
    let before = process.cpuUsage()
    let idlePolls = 0
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before)
      before = process.cpuUsage()
      idlePolls = (user + system) / 1_000 < pollMs / 20 ? idlePolls + 1 : 0
      if (idlePolls === idlePollsMax) settle(reject)(new Error('the test waits for what does not come'))
    }, pollMs)
    const settle = end => value => {
      clearInterval(timer)
      end(value)
    }
    running.then(settle(resolve), settle(reject))
  })
}

export function describe(name, ...rest) {
  globalThis.describe(name, () => {
    rest.at(-1)()
  })
}

export function it(name, ...rest) {
  globalThis.it(name, () => {
    const running = rest.at(-1)()
    return running instanceof Promise ? unlessIdle(running) : running
  })
}

export const beforeEach = body => globalThis.beforeEach(() => body())
export const afterEach = body => globalThis.afterEach(() => body())
