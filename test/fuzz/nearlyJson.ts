import fc from 'fast-check';
import { mutated } from './mutations.js';

type Path = readonly (string | number)[];

const DEPTH = 20_000;
/** Nested so deeply that whoever walks it by recursion runs out of stack. */
const DEEP = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
const DEEP_OBJECT = `${'{"a":'.repeat(DEPTH)}0${'}'.repeat(DEPTH)}`;
const MARK = '"\u0000here"';

/** JSON of values at which checks go wrong. */
const ODD = [
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

/** The text of one of these documents, with one of its values replaced, or with damaged bytes; or any JSON. */
export function nearlyJson(documents: readonly unknown[]): fc.Arbitrary<Buffer> {
  const texts = documents.map((document) => Buffer.from(JSON.stringify(document)));
  const replaced = fc
    .tuple(
      fc.constantFrom(...documents.map((document) => ({ document, paths: pathsOf(document) }))),
      fc.nat(),
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...ODD.filter((text) => text.length < 1000)) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD) },
        { weight: 6, arbitrary: fc.json({ maxDepth: 2 }) },
        { weight: 4, arbitrary: fc.integer().map(String) },
      ),
    )
    .map(([{ document, paths }, which, odd]) => {
      const path = paths[which % paths.length] ?? [];
      return Buffer.from(JSON.stringify(withMark(document, path)).replace(MARK_TEXT, () => odd));
    });
  return fc.oneof(
    { weight: 6, arbitrary: replaced },
    { weight: 3, arbitrary: mutated(texts) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)) },
  );
}

const MARK_VALUE: string = JSON.parse(MARK.replace('\u0000', '\\u0000'));
const MARK_TEXT = JSON.stringify(MARK_VALUE);

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function withMark(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return MARK_VALUE;
  if (Array.isArray(value))
    return value.map((child, index) => (index === Number(key) ? withMark(child, rest) : child));
  const child = (value as Record<string, unknown>)[key];
  return { ...(value as object), [key]: withMark(child, rest) };
}
