import type { KnowledgeStore } from '../adapters/knowledgeStore.js';

/** Stored samples of a class that no learn command named: they came before it, or their task failed. */
export interface UnannouncedSamples {
  readonly task: string;
  readonly class: string;
  readonly samples: number;
}

/** How many stored vectors are of classes that the registry does not know. */
export async function countUnannounced({ vectors, registry }: KnowledgeStore): Promise<number> {
  const { classes } = await registry.refresh();
  let count = 0;
  for (const [name, stored] of await vectors.classes()) if (!classes.has(name)) count += stored;
  return count;
}

/** What is stored of classes that the registry does not know, by task and class. Reads those vectors. */
export async function unannounced({ vectors, registry }: KnowledgeStore): Promise<UnannouncedSamples[]> {
  const { classes } = await registry.refresh();
  const found: UnannouncedSamples[] = [];
  for (const name of (await vectors.classes()).keys()) {
    if (classes.has(name)) continue;
    const byTask = new Map<string, number>();
    for await (const records of vectors.scan({ classes: [name] }))
      for (const { task } of records) byTask.set(task, (byTask.get(task) ?? 0) + 1);
    for (const [task, samples] of byTask) found.push({ task, class: name, samples });
  }
  return found;
}
