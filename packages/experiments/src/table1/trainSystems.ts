import type { AnalyticConfig } from 'lethe/internal/model/analytic/config.js';
import type { SsreConfig } from 'lethe/internal/model/ssre/config.js';
import type { TensorflowBackend } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { trainAnalytic } from '../evaluation/analytic.js';
import {
  type BaselineModels,
  type BaselineTools,
  trainCilOnly,
  trainJointly,
  trainLive,
  trainRestore,
  trainRetrain,
} from '../evaluation/baselines.js';
import type { ClassKnowledge } from '../evaluation/knowledge.js';
import type { ImageSsreConfig } from '../imageSsre/config.js';
import { imageLearner } from '../images/imageLearner.js';
import { withLearner } from '../learnerTools.js';
import type { Protocol } from '../protocol.js';

/** What a system learns from: what is known of each class, as vectors of this dimension. */
export interface Learnable {
  readonly knowledge: ReadonlyMap<string, ClassKnowledge>;
  readonly dimension: number;
}

/** What all systems of Table 1 are trained with. */
export interface SystemsTraining {
  readonly protocol: Protocol;
  readonly ssre: SsreConfig;
  readonly analytic: AnalyticConfig;
  /** SSRE's settings and pixels where it learns the images themselves. */
  readonly images: (Learnable & { readonly config: ImageSsreConfig }) | null;
  readonly embeddings: Learnable;
  readonly backend: 'auto' | TensorflowBackend;
  readonly onProgress: BaselineTools['onProgress'];
}

/** Models of every system by the step after which they came. */
export interface Systems {
  readonly live: BaselineModels;
  readonly cilOnly: BaselineModels;
  readonly retrain: BaselineModels;
  readonly jointly: BaselineModels;
  readonly restore: BaselineModels;
  readonly analytic: BaselineModels;
  readonly analyticRetrain: BaselineModels;
}

/** Trains every system one after the other, with nothing else running. */
export async function trainSystems(training: SystemsTraining): Promise<Systems> {
  return { ...(await trainSsre(training)), ...(await trainBothAnalytic(training)) };
}

/** Lethe and the baselines with SSRE, over embeddings as the live system has it, or on images. */
async function trainSsre(training: SystemsTraining): Promise<Omit<Systems, 'analytic' | 'analyticRetrain'>> {
  const { protocol, ssre, images, embeddings, backend, onProgress } = training;
  const work = async (tools: BaselineTools) => {
    const first = protocol[0]?.name ?? '';
    const live = await trainLive(protocol, tools);
    const initial = live.get(first);
    if (!initial) throw new RangeError('the protocol begins with no task');
    return {
      live,
      cilOnly: new Map([[first, initial], ...(await trainCilOnly(protocol, initial.model, tools))]),
      retrain: await trainRetrain(protocol, tools),
      jointly: await trainJointly(protocol, tools),
      restore: await trainRestore(protocol, live, tools),
    };
  };
  if (images) {
    const learner = await imageLearner({ ...images.config, seed: ssre.seed }, backend);
    return work({ ...learner, ...images, onProgress });
  }
  const { dimension } = embeddings;
  return withLearner({ ssre, backend, dimension }, (learner) =>
    work({ ...learner, ...embeddings, onProgress }),
  );
}

/** The analytic learner and its retrain; it always sees embeddings. */
function trainBothAnalytic({
  protocol,
  analytic,
  embeddings,
  backend,
  onProgress,
}: SystemsTraining): Promise<Pick<Systems, 'analytic' | 'analyticRetrain'>> {
  const { dimension } = embeddings;
  return withLearner({ analytic, backend, dimension }, async (learner) => {
    const tools = { ...learner, ...embeddings, onProgress };
    return {
      analytic: await trainAnalytic(protocol, tools),
      analyticRetrain: await trainJointly(protocol, tools),
    };
  });
}
