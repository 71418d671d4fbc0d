import { join } from 'node:path';
import { runFacts } from '../demo/runFacts.js';
import { keptResult, writeWhole } from '../resultFiles.js';
import { runSeed, type ShowWork, type Table1Input } from './runSeed.js';
import { type SeedResult, seedResultSchema } from './seedResult.js';
import { summarise, type Table1Summary } from './summary.js';

/** What is written of the settings beside the figures. */
export interface Table1Run {
  readonly input: Table1Input;
  readonly seeds: readonly number[];
  /** Folder of the results. */
  readonly out: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Told of a seed whose result was there already. */
  readonly onKept: (seed: number, file: string) => void;
  readonly show: ShowWork;
}

/**
 * Table 1 over some seeds. The result of each seed is written whole as soon as it is there; a run that was broken off
 * goes on with the seeds that are missing, provided that the settings are the same.
 * @throws LetheError `invalid-message` where the results can't be written
 */
export async function runTable1({
  input,
  seeds,
  out,
  settings,
  onKept,
  show,
}: Table1Run): Promise<Table1Summary> {
  const startedAt = new Date();
  const results: SeedResult[] = [];
  for (const seed of seeds) {
    const file = join(out, 'seeds', `seed-${seed}.json`);
    const kept = await keptResult(file, seedResultSchema, input.settingsHash);
    if (kept) onKept(seed, file);
    const result = kept ?? (await runSeed(input, seed, show));
    if (!kept) await writeWhole(file, `${JSON.stringify(result, null, 2)}\n`);
    results.push(result);
  }
  const { k, specificity } = input.config.filter;
  const { seed: _, ...facts } = runFacts(startedAt, {
    seed: 0,
    dataset: input.dataset.description,
    embedder: input.images
      ? `SSRE with ${input.images.trunk} on images; filter and vote over ${input.embedder.name}`
      : input.embedder.name,
    backend: results[0]?.backend ?? 'unknown',
    filter: `relative, k = ${k}, specificity at least ${specificity}`,
  });
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  return { facts: { ...facts, seconds, seeds }, settings, ...summarise(results) };
}
