import { MochaTestRunner } from './node_modules/@stryker-mutator/mocha-runner/dist/src/mocha-test-runner.js'

/**
 * What also runs while specs are loaded would cost a new process for each of its changes. None is needed: with `ignoreStatic` a change is
 * active only while tests run, so that what was loaded is without it either way.
 */
MochaTestRunner.prototype.capabilities = async () => ({ reloadEnvironment: true })
