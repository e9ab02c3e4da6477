import fc from 'fast-check'
import { i32 } from './assemble.ts'

/** A tiny language that is compiled to WebAssembly and, by other code, interpreted while counting instructions. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'local'; readonly index: number }
  | {
      readonly kind: 'binary'
      readonly operator: keyof typeof operators
      readonly left: Expression
      readonly right: Expression
    }

export type Statement =
  | { readonly kind: 'set'; readonly index: number; readonly value: Expression }
  | {
      readonly kind: 'if'
      readonly test: Expression
      readonly yes: readonly Statement[]
      readonly no: readonly Statement[]
    }
  | {
      readonly kind: 'block'
      readonly before: readonly Statement[]
      readonly leaveIf: Expression
      readonly after: readonly Statement[]
    }
  | {
      readonly kind: 'repeat'
      readonly times: number
      readonly body: readonly Statement[]
      readonly stopIf: Expression
    }
  | { readonly kind: 'returnIf'; readonly test: Expression }

const operators = {
  add: { opcode: 0x6a, apply: (a: number, b: number) => (a + b) | 0 },
  subtract: { opcode: 0x6b, apply: (a: number, b: number) => (a - b) | 0 },
  multiply: { opcode: 0x6c, apply: (a: number, b: number) => Math.imul(a, b) },
  xor: { opcode: 0x73, apply: (a: number, b: number) => a ^ b },
  less: { opcode: 0x48, apply: (a: number, b: number) => Number(a < b) },
} as const

/** Locals 0 to 2 are parameters and the program's variables; from 3 on, one counter for each nested repeat. */
export const variableCount = 3
export const counterCount = 4

export const programs: fc.Arbitrary<readonly Statement[]> = fc.letrec<{
  expression: Expression
  statements: Statement[]
}>(tie => ({
  expression: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'expression' },
    fc.record({ kind: fc.constant('constant' as const), value: fc.integer({ min: -9, max: 9 }) }),
    fc.record({ kind: fc.constant('local' as const), index: fc.nat(variableCount - 1) }),
    fc.record({
      kind: fc.constant('binary' as const),
      operator: fc.constantFrom(...(Object.keys(operators) as (keyof typeof operators)[])),
      left: tie('expression'),
      right: tie('expression'),
    }),
  ),
  statements: fc.array(
    fc.oneof(
      { maxDepth: counterCount, depthIdentifier: 'statement' },
      fc.record({ kind: fc.constant('set' as const), index: fc.nat(variableCount - 1), value: tie('expression') }),
      fc.record({ kind: fc.constant('returnIf' as const), test: tie('expression') }),
      fc.record({
        kind: fc.constant('if' as const),
        test: tie('expression'),
        yes: tie('statements'),
        no: tie('statements'),
      }),
      fc.record({
        kind: fc.constant('block' as const),
        before: tie('statements'),
        leaveIf: tie('expression'),
        after: tie('statements'),
      }),
      fc.record({
        kind: fc.constant('repeat' as const),
        times: fc.integer({ min: 1, max: 5 }),
        body: tie('statements'),
        stopIf: tie('expression'),
      }),
    ),
    { maxLength: 4 },
  ),
})).statements

/** The code of a function `iii:i` with `counterCount` declared locals that runs a program and returns variable 0. */
export function compile(program: readonly Statement[]): number[] {
  return [...program.flatMap(statement => compileStatement(statement, 0)), 0x20, 0]
}

function compileExpression(expression: Expression): number[] {
  if (expression.kind === 'constant') return i32(expression.value)
  if (expression.kind === 'local') return [0x20, expression.index]
  const { left, right, operator } = expression
  return [...compileExpression(left), ...compileExpression(right), operators[operator].opcode]
}

function compileStatement(statement: Statement, depth: number): number[] {
  const all = (statements: readonly Statement[], inner = depth) =>
    statements.flatMap(item => compileStatement(item, inner))
  switch (statement.kind) {
    case 'set':
      return [...compileExpression(statement.value), 0x21, statement.index]
    case 'returnIf':
      return [...compileExpression(statement.test), 0x04, 0x40, 0x20, 0, 0x0f, 0x0b]
    case 'if':
      return [...compileExpression(statement.test), 0x04, 0x40, ...all(statement.yes), 0x05, ...all(statement.no), 0x0b]
    case 'block':
      return [
        0x02,
        0x40,
        ...all(statement.before),
        ...compileExpression(statement.leaveIf),
        0x0d,
        0,
        ...all(statement.after),
        0x0b,
      ]
    case 'repeat': {
      const counter = variableCount + depth
      const again = [0x20, counter, ...i32(1), 0x6b, 0x22, counter, 0x0d, 0]
      const leave = [...compileExpression(statement.stopIf), 0x0d, 1]
      const loop = [0x03, 0x40, ...all(statement.body, depth + 1), ...leave, ...again, 0x0b]
      return [...i32(statement.times), 0x21, counter, 0x02, 0x40, ...loop, 0x0b]
    }
  }
}

export type Execution = { readonly result: number; readonly instructions: bigint }

/** Runs a program without WebAssembly and counts the instructions that its compiled form executes. */
export function interpret(program: readonly Statement[], parameters: readonly number[]): Execution {
  const machine = new Machine(parameters)
  machine.runAll(program)
  if (!machine.isReturned) machine.count += 1
  return { result: machine.variables[0] ?? 0, instructions: BigInt(machine.count) }
}

class Machine {
  count = 0
  isReturned = false
  readonly variables: number[]

  constructor(parameters: readonly number[]) {
    this.variables = [...parameters]
  }

  runAll(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (this.isReturned) return
      this.run(statement)
    }
  }

  private evaluate(expression: Expression): number {
    if (expression.kind === 'constant' || expression.kind === 'local') this.count += 1
    if (expression.kind === 'constant') return expression.value
    if (expression.kind === 'local') return this.variables[expression.index] ?? 0
    const left = this.evaluate(expression.left)
    const right = this.evaluate(expression.right)
    this.count += 1
    return operators[expression.operator].apply(left, right)
  }

  /** Evaluates a condition and counts the branch or if behind it. */
  private test(expression: Expression): boolean {
    const value = this.evaluate(expression)
    this.count += 1
    return value !== 0
  }

  private run(statement: Statement): void {
    switch (statement.kind) {
      case 'set':
        this.variables[statement.index] = this.evaluate(statement.value)
        this.count += 1
        return
      case 'returnIf':
        if (!this.test(statement.test)) return
        this.count += 2
        this.isReturned = true
        return
      case 'if':
        return this.runAll(this.test(statement.test) ? statement.yes : statement.no)
      case 'block':
        this.runAll(statement.before)
        if (!this.isReturned && !this.test(statement.leaveIf)) this.runAll(statement.after)
        return
      case 'repeat':
        return this.repeat(statement)
    }
  }

  private repeat({ times, body, stopIf }: Extract<Statement, { kind: 'repeat' }>): void {
    this.count += 2
    for (let left = times; left > 0; left -= 1) {
      this.runAll(body)
      if (this.isReturned || this.test(stopIf)) return
      this.count += 5
    }
  }
}
