const DEPTH = 20_000;
/** Nested so deeply that whoever walks it by recursion runs out of stack. */
export const DEEP = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
export const DEEP_OBJECT = `${'{"a":'.repeat(DEPTH)}0${'}'.repeat(DEPTH)}`;

/** JSON of values at which checks go wrong. */
export const ODD: readonly string[] = [
  'null',
  'true',
  '-0',
  '1e308',
  '-1',
  '0.5',
  '9007199254740993',
  '1e999',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"../../../../etc/passwd"',
  '[]',
  '{}',
  '{"__proto__":{"kind":"learn"}}',
  '{"toString":1,"constructor":{"prototype":1}}',
  '[[[]]]',
  '1000000000',
  '2147483648',
  DEEP,
  DEEP_OBJECT,
  JSON.stringify('x'.repeat(100_000)),
];
