import { type Command, InvalidArgumentError } from 'commander';
import { type ConfigOverrides, loadConfig } from 'lethe/internal/app/config/loadConfig.js';
import type { LetheConfig } from 'lethe/internal/app/config/schema.js';
import type { CliIo } from 'lethe/internal/cli/io.js';
import { positive, wholeNumber } from 'lethe/internal/cli/numbers.js';
import { cacheFolder } from 'lethe/internal/data/cacheFolder.js';
import { fetchEmbedder } from 'lethe/internal/data/embedderCatalog.js';
import type { OnDataProgress } from 'lethe/internal/data/progress.js';
import { LetheError } from 'lethe/internal/domain/errors.js';
import { EFFICIENTNET_LITE0 } from 'lethe/internal/model/embedder/efficientNetLite0.js';
import type { ImageEmbedderDescription } from 'lethe/internal/model/embedder/embedderDescription.js';
import { resnet50In } from 'lethe/internal/model/embedder/resnet50.js';
import {
  type ClassLimits,
  type ExperimentDataset,
  firstOfEachClass,
  openCifar10,
  openDemoSubset,
} from '../embeddings/datasets.js';

/** Options of every experiment. */
export interface ExperimentOptions {
  readonly embedder: string;
  readonly size?: number;
  readonly precision: 'float32' | 'float16';
  readonly config?: string;
  readonly epochs?: number;
  readonly samples?: number;
  readonly testSamples?: number;
  readonly data?: string;
  readonly out: string;
  readonly json?: true;
}

export function withExperimentOptions(command: Command, out: string): Command {
  return command
    .option(
      '--embedder <name>',
      'lite0, resnet50 (as in the paper; downloaded once), or a YAML file with your own `embedder`',
      'lite0',
    )
    .option('--size <pixels>', 'side of the input images of lite0 or resnet50', wholeNumber, 224)
    .option('--precision <type>', 'type of the stored embeddings: float32 or float16', precision, 'float32')
    .option('--config <file>', 'configuration file: learning, filter, unlearning, model.backend')
    .option('--epochs <number>', 'epochs of every task; overrides the settings', positive)
    .option(
      '--samples <number>',
      'largest number of training images of each class, for a smaller run',
      positive,
    )
    .option('--test-samples <number>', 'largest number of test images of each class', positive)
    .option('--out <folder>', 'folder for the results', out);
}

/** Options of the experiments on CIFAR-10. */
export interface Cifar10Options extends ExperimentOptions {
  readonly dataset: 'cifar10' | 'part';
}

export function withCifar10Options(command: Command, out: string): Command {
  return withExperimentOptions(command, out)
    .option('--dataset <name>', 'cifar10: all of it; part: the bundled images', dataset, 'cifar10')
    .option(
      '--data <folder>',
      'folder of CIFAR-10 in its binary version; the default is to download it once',
    );
}

/**
 * CIFAR-10, or the part of it that comes with Lethe.
 * @throws LetheError `download-corrupt`
 */
export async function chosenCifar10(
  options: Cifar10Options,
  cache: string,
  onProgress: OnDataProgress,
): Promise<ExperimentDataset> {
  const { dataset, data } = options;
  const all = await (dataset === 'part' ? openDemoSubset() : openCifar10(data, cache, onProgress));
  return firstOfEachClass(all, limitsOf(options));
}

/** How much of a data set is asked for. */
export function limitsOf({ samples, testSamples }: ExperimentOptions): ClassLimits {
  return { train: samples, test: testSamples };
}

/**
 * The configuration, with the epochs that were asked for. The paper's learner learns, and both learners have the settings that the
 * committed results were made with.
 */
export function experimentConfig({ config: file, epochs }: ExperimentOptions, io: CliIo): LetheConfig {
  const overrides: ConfigOverrides = {
    http: { enabled: false },
    learning: {
      learner: 'ssre',
      analytic: { lambda: 0.1, projection: 0, balance: false },
      ssre: {
        scale: 'components',
        ...(epochs !== undefined && { initial: { epochs }, incremental: { epochs } }),
      },
    },
  };
  return loadConfig({ file, variables: io.variables, overrides }).config;
}

/**
 * The embedder that was asked for; the paper's is fetched where it is not there yet.
 * @throws LetheError `config-invalid`, `download-corrupt`
 */
export async function chosenEmbedder(
  { embedder, size = 224 }: ExperimentOptions,
  io: CliIo,
  onProgress: OnDataProgress,
): Promise<ImageEmbedderDescription> {
  const inputSize = { width: size, height: size };
  if (embedder === 'lite0') return { ...EFFICIENTNET_LITE0, inputSize };
  if (embedder === 'resnet50') {
    const folder = await fetchEmbedder('resnet50', cacheFolder(io.variables), { onProgress });
    return resnet50In(folder ?? '', size);
  }
  const own = loadConfig({ file: embedder, variables: io.variables }).config.embedder;
  if (own.kind === 'vectors' || own.kind === 'text') {
    throw new LetheError('config-invalid', `${embedder} describes no network that embeds images`, {
      field: 'embedder.kind',
      value: own.kind,
      remedy: 'Give a configuration with an ONNX or TensorFlow.js embedder.',
    });
  }
  if (own.kind !== 'bundled') return own;
  return { ...EFFICIENTNET_LITE0, inputSize: { width: own.size, height: own.size } };
}

/** Whole numbers with commas between them. */
export function numberList(text: string): number[] {
  return text.split(',').map((part) => wholeNumber(part.trim() || 'nothing'));
}

function dataset(text: string): Cifar10Options['dataset'] {
  if (text === 'cifar10' || text === 'part') return text;
  throw new InvalidArgumentError('Give cifar10 or part.');
}

function precision(text: string): 'float32' | 'float16' {
  if (text === 'float32' || text === 'float16') return text;
  throw new InvalidArgumentError('Give float32 or float16.');
}
