import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiFile } from '../../../scripts/contracts/files.js';

const mediaSchema = z.looseObject({
  schema: z.looseObject({}),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const documentSchema = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
});

const text = openApiFile();
const document = documentSchema.parse(JSON.parse(text));
const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
ajv.addFormat('base64', true);
ajv.addSchema({ $id: 'lethe', components: document.components });

/** Everything in the document that has a schema and examples of it. */
function* mediaIn(node: unknown): Generator<z.infer<typeof mediaSchema>> {
  if (typeof node !== 'object' || node === null) return;
  const media = mediaSchema.safeParse(node);
  if (media.success) yield media.data;
  for (const child of Object.values(node)) yield* mediaIn(child);
}

describe('docs/openapi.json', () => {
  it('is what `npm run docs:contracts` writes', async () => {
    expect(await readFile(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')).toBe(text);
  });

  it('has schemas that compile, and examples that fit them', () => {
    for (const name of Object.keys(document.components.schemas))
      ajv.compile({ $ref: `lethe#/components/schemas/${name}` });
    let count = 0;
    for (const { schema, examples = {} } of mediaIn(document)) {
      const absolute: unknown = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"lethe#/'));
      const validate = ajv.compile(absolute as object);
      for (const { value } of Object.values(examples)) {
        validate(value);
        expect(validate.errors, JSON.stringify(value)).toBeNull();
        count++;
      }
    }
    expect(count).toBeGreaterThan(10);
  });
});
