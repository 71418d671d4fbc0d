import type { ClassRecord, RegistrySnapshot } from './classes.js';
import { spelled } from './normalForm.js';

type Classes = RegistrySnapshot['classes'];

/**
 * Classes by the name that a command can give them; computed once for each state of the registry, which never
 * changes.
 */
const BY_SPELLING = new WeakMap<Classes, ReadonlyMap<string, readonly ClassRecord[]>>();

/**
 * The classes that a name means. If all classes were learned under names in normal form, that is one or none. A
 * registry from before the normal form may contain several that look the same: the name means all of them, so that
 * none is missed.
 */
export function likeNamed(
  name: string,
  { classes }: Pick<RegistrySnapshot, 'classes'>,
): readonly ClassRecord[] {
  let known = BY_SPELLING.get(classes);
  if (!known) {
    const found = new Map<string, ClassRecord[]>();
    for (const record of classes.values()) {
      const key = spelled(record.name);
      found.set(key, [...(found.get(key) ?? []), record]);
    }
    BY_SPELLING.set(classes, found);
    known = found;
  }
  return known.get(name) ?? [];
}
