import { registerHooks } from 'node:module'

/**
 * Lets specs that are written for `node:test` run on Mocha, which a mutation run needs: it runs the tests that reach a mutant again
 * and again in one process, and `node:test` runs a test once.
 */
const onMocha = new URL('mocha-as-node-test.mjs', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'node:test' ? { url: onMocha, shortCircuit: true } : next(specifier, context),
})
