import { createRequire } from 'node:module';
import { z } from 'zod';

const packageSchema = z.object({ version: z.string() });

/** Versions of the software that trains: a checkpoint names them, and another version may give other numbers. */
export function software(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versionIn = (path: string): string => packageSchema.parse(require(path)).version;
  return {
    lethe: versionIn('../../../package.json'),
    node: process.versions.node,
    tfjs: versionIn('@tensorflow/tfjs/package.json'),
  };
}
