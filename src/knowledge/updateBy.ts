import type { ClassRegistry, RegistryChange } from '../adapters/knowledgeStore.js';
import type { RegistrySnapshot } from '../domain/classes.js';

/**
 * Changes the registry according to the content of the store: reads, and decides if the registry did not change
 * meanwhile; otherwise it reads again.
 * @returns what was read, and the registry after the change
 */
export async function updateBy<T>(
  registry: ClassRegistry,
  look: (snapshot: RegistrySnapshot) => Promise<T>,
  decide: (now: RegistrySnapshot, found: T) => RegistryChange | null,
): Promise<{ readonly found: T; readonly after: RegistrySnapshot }> {
  for (;;) {
    const seen = await registry.refresh();
    const found = await look(seen);
    let isUnchanged = false;
    const after = await registry.update((now) => {
      isUnchanged = now.version === seen.version;
      return isUnchanged ? decide(now, found) : null;
    });
    if (isUnchanged) return { found, after };
  }
}
