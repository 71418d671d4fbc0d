import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Variables } from './letheProcess.js';
import { onnxModel } from './tinyOnnx.js';

/**
 * Configures a network that gives the pixels as they are: small vectors, and no time for pictures.
 * @param side of an image; its vectors have 3 side^2 components
 */
export async function pixelEmbedder(side: number): Promise<Variables> {
  const path = join(await mkdtemp(join(tmpdir(), 'lethe-pixels-')), 'pixels.onnx');
  const network = onnxModel({
    inputs: [{ name: 'x', shape: ['n', 3, side, side] }],
    outputs: [{ name: 'y', shape: ['n', 3 * side ** 2] }],
    nodes: [{ operator: 'Flatten', inputs: ['x'], outputs: ['y'] }],
  });
  await writeFile(path, network);
  return {
    LETHE_EMBEDDER__KIND: 'onnx',
    LETHE_EMBEDDER__NAME: 'pixels',
    LETHE_EMBEDDER__PATH: path,
    LETHE_EMBEDDER__INPUT: 'x',
    LETHE_EMBEDDER__OUTPUT: 'y',
    LETHE_EMBEDDER__INPUT_SIZE__WIDTH: String(side),
    LETHE_EMBEDDER__INPUT_SIZE__HEIGHT: String(side),
  };
}
