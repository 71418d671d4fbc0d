import type { Linear, Trunk } from './network.js';
import type { SideBranch } from './sideBranch.js';

/** The layer that computes what `layer` and its branch did together: W <- W + A B (SSRE, Eq. 4). */
export function fused(layer: Linear, { rank, down, up }: SideBranch): Linear {
  const { inputs, outputs, bias } = layer;
  const weights = new Float32Array(layer.weights);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) {
      let change = 0;
      for (let r = 0; r < rank; r++)
        change += (down[i * rank + r] as number) * (up[r * outputs + j] as number);
      weights[i * outputs + j] = (weights[i * outputs + j] as number) + change;
    }
  }
  return { inputs, outputs, weights, bias };
}

/** The trunk with every block's layers fused; `branches` in the order of `blockLayers`. */
export function fusedTrunk(trunk: Trunk, branches: readonly SideBranch[]): Trunk {
  const fuse = (layer: Linear, index: number): Linear => {
    const branch = branches[index];
    return branch === undefined ? layer : fused(layer, branch);
  };
  return {
    stem: trunk.stem,
    blocks: trunk.blocks.map(({ first, second }, index) => ({
      first: fuse(first, 2 * index),
      second: fuse(second, 2 * index + 1),
    })),
  };
}
