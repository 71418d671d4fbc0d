import fc from 'fast-check';
import { mutated } from './mutations.js';
import { ODD } from './oddJson.js';

type Path = readonly (string | number)[];

const MARK = '"\u0000here"';

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
