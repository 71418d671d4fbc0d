import { Document, isMap, isScalar, type Pair, visit } from 'yaml';
import { REDACTED, scrubber } from '../../telemetry/scrub.js';
import { configFields } from './fields.js';
import type { LetheConfig } from './schema.js';

/** The configuration with its secrets hidden, also those in addresses: for people, logs and status pages. */
export function redacted(config: LetheConfig): Record<string, unknown> {
  const clean = scrubber([]);
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(config), (_, value: unknown) =>
    typeof value === 'string' ? clean(value) : value,
  );
  for (const { path, secret } of configFields()) if (secret) hide(copy, path.split('.'));
  return copy;
}

/**
 * The configuration as YAML, without secrets.
 * @param describe add the description of each field as a comment
 */
export function printConfig(config: LetheConfig, { describe }: { readonly describe: boolean }): string {
  const document = new Document(redacted(config));
  if (describe) comment(document);
  return document.toString({ lineWidth: 110 });
}

function comment(document: Document): void {
  const descriptions = new Map(configFields().map((field) => [field.path, field.description]));
  visit(document, {
    Pair(_, pair, ancestors) {
      const keys = [...ancestors.filter(isPair), pair].map(({ key }) =>
        isScalar(key) ? String(key.value) : '',
      );
      const description = descriptions.get(keys.join('.'));
      if (description && isScalar(pair.key)) pair.key.commentBefore = ` ${description}`;
      if (isMap(pair.value) && ancestors.length === 2 && isScalar(pair.key)) pair.key.spaceBefore = true;
    },
  });
}

function isPair(node: unknown): node is Pair {
  return typeof node === 'object' && node !== null && 'key' in node && !isScalar(node);
}

function hide(tree: Record<string, unknown>, [key, ...rest]: readonly string[]): void {
  if (key === undefined || tree[key] === undefined) return;
  if (rest.length === 0) {
    tree[key] = REDACTED;
    return;
  }
  const child = tree[key];
  if (typeof child === 'object' && child !== null) hide(child as Record<string, unknown>, rest);
}
