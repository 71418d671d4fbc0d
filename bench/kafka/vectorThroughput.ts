import type { Figure } from '../support/report.js';
import { type Throughput, workOff } from './backlog.js';
import { deploy, type Variables } from './deployment.js';
import { fill, forgetFirst } from './knowledge.js';
import { type Part, vectorQueries } from './parts.js';

const AT_LEAST_ONCE: Variables = { LETHE_TRANSPORT__KAFKA__DELIVERY: 'at-least-once' };
/** From so many vectors on a graph is searched: exact search looks at every vector for every query. */
const GRAPH_FROM = 20_000;
const ROUNDS = 2;

/**
 * Queries a second with ready-made vectors, best of {@link ROUNDS}: before anything was unlearned, and after it with the
 * linear filter and with the relative one, which searches for each query in both databases, so that their size counts.
 */
export const vectorThroughput: Part = async (services, { vectors, queries }) => {
  const figures: Figure[] = [];
  const warmUp = Math.floor(queries / 4);
  for (const size of vectors) {
    const algorithm = size < GRAPH_FROM ? 'flat' : 'hnsw';
    const deployment = await deploy(services, { LETHE_STORES__REDIS__INDEX__ALGORITHM: algorithm });
    const learner = await deployment.start('learn');
    const knowledge = await fill(deployment, size);
    const best = async (workers: number, changes: Variables = {}): Promise<Throughput> => {
      const rounds: Throughput[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const backlog = vectorQueries(deployment, knowledge, queries);
        rounds.push(await workOff(deployment, services, backlog, { workers, warmUp, changes }));
      }
      return rounds.reduce((a, b) => (b.perSecond > a.perSecond ? b : a));
    };
    const name = `vectors, ${size} in the databases (${algorithm})`;
    const plain = `${name}, nothing unlearned`;
    const once = await best(1);
    if (size === vectors[0]) {
      const atLeastOnce = await best(1, AT_LEAST_ONCE);
      const two = await best(2);
      figures.push(
        { what: `${plain}, at least once`, value: atLeastOnce.perSecond, unit: 'queries/s' },
        { what: `${plain}, two workers / one`, value: two.perSecond / once.perSecond, unit: 'ratio' },
      );
    }
    await forgetFirst(deployment, knowledge);
    const forgotten = await best(1);
    const searched = await best(1, { LETHE_FILTER__KIND: 'relative' });
    const ratio = (of: Throughput): number => of.perSecond / once.perSecond;
    figures.push(
      ...rateAndCosts(`${plain}, exactly once`, once),
      ...rateAndCosts(`${name}, a tenth unlearned, exactly once`, forgotten),
      ...rateAndCosts(`${name}, a tenth unlearned, relative filter`, searched),
      { what: `${name}, a tenth / nothing unlearned`, value: ratio(forgotten), unit: 'ratio', aim: '>= 0.9' },
      { what: `${name}, likewise, relative filter`, value: ratio(searched), unit: 'ratio' },
    );
    await learner.stop();
    await deployment.close();
  }
  return figures;
};

function rateAndCosts(name: string, { perSecond, cpu }: Throughput): Figure[] {
  const costs = Object.entries(cpu).map(([of, value]) => ({
    what: `  CPU of ${of} a query`,
    value,
    unit: 'ms',
  }));
  return [{ what: name, value: perSecond, unit: 'queries/s', aim: '>= 2000' }, ...costs];
}
