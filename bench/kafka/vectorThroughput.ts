import type { Figure } from '../support/report.js';
import { type Throughput, workOff } from './backlog.js';
import { deploy, type Variables } from './deployment.js';
import { fill, forgetFirst } from './knowledge.js';
import { type Part, vectorQueries } from './parts.js';

const AT_LEAST_ONCE: Variables = { LETHE_TRANSPORT__KAFKA__DELIVERY: 'at-least-once' };
/** From so many vectors on a graph is searched: exact search looks at every vector for every query. */
const GRAPH_FROM = 20_000;

/**
 * Queries a second with ready-made vectors. Before anything was unlearned the filter has nothing to compare with; after
 * it, each query is searched for in both databases, so the size of the databases counts.
 */
export const vectorThroughput: Part = async (services, { vectors, queries }) => {
  const figures: Figure[] = [];
  const warmUp = Math.floor(queries / 4);
  for (const size of vectors) {
    const algorithm = size < GRAPH_FROM ? 'flat' : 'hnsw';
    const deployment = await deploy(services, { LETHE_STORES__REDIS__INDEX__ALGORITHM: algorithm });
    const learner = await deployment.start('learn');
    const knowledge = await fill(deployment, size);
    const rate = (workers: number, changes: Variables = {}): Promise<Throughput> =>
      workOff(deployment, services, vectorQueries(deployment, knowledge, queries), {
        workers,
        warmUp,
        changes,
      });
    const name = `vectors, ${size} in the databases (${algorithm})`;
    if (size === vectors[0]) {
      const once = await rate(1);
      figures.push(
        {
          what: `${name}, nothing unlearned, exactly once`,
          value: once.perSecond,
          unit: 'queries/s',
          aim: '>= 2000',
        },
        ...costs(name, once),
        {
          what: `${name}, nothing unlearned, at least once`,
          value: (await rate(1, AT_LEAST_ONCE)).perSecond,
          unit: 'queries/s',
        },
        {
          what: `${name}, nothing unlearned, two workers / one`,
          value: (await rate(2)).perSecond / once.perSecond,
          unit: 'ratio',
        },
      );
    }
    await forgetFirst(deployment, knowledge);
    const filtered = await rate(1);
    figures.push(
      {
        what: `${name}, a tenth unlearned, exactly once`,
        value: filtered.perSecond,
        unit: 'queries/s',
        aim: '>= 2000',
      },
      ...costs(`${name}, a tenth unlearned`, filtered),
    );
    await learner.stop();
    await deployment.close();
  }
  return figures;
};

function costs(name: string, { cpu }: Throughput): Figure[] {
  return Object.entries(cpu).map(([of, value]) => ({
    what: `${name}: CPU of ${of} a query`,
    value,
    unit: 'ms',
  }));
}
