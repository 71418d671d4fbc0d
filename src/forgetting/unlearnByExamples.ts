import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { LetheError } from '../domain/errors.js';
import type { Example } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { payloadOfExample } from '../domain/messages/example.js';
import { stacked } from '../domain/vector.js';
import { embedInputs } from '../inputs/embedInputs.js';
import { type OpeningOptions, openInput } from '../inputs/openInput.js';
import type { Embedder } from '../model/embedder/embedder.js';
import { type Vote, type VoteOptions, voteForClass } from '../model/vote.js';
import { unlearnClasses } from './migrateClasses.js';

/** What unlearning by examples works with. */
export interface ExampleCollaborators {
  readonly store: KnowledgeStore;
  readonly embedder: Embedder;
  readonly opening: OpeningOptions;
  readonly vote: VoteOptions;
}

/**
 * Unlearns the class of the examples. Their nearest vectors vote, in both databases: examples of a class that is
 * already unlearned must not unlearn another one.
 * @throws LetheError `ambiguous-vote` with the votes, `class-unlearned`, or the fault of an example
 */
export async function unlearnByExamples(
  {
    id,
    examples,
    position,
  }: { readonly id: string; readonly examples: readonly Example[]; readonly position: string },
  collaborators: ExampleCollaborators,
  startedAt: number,
): Promise<LetheEvent> {
  const { winner, votes } = await identify(examples, collaborators);
  const command = { id, classes: [winner], position };
  return unlearnClasses(command, collaborators.store, startedAt, { by: 'examples', votes });
}

async function identify(
  examples: readonly Example[],
  { store, embedder, opening, vote }: ExampleCollaborators,
): Promise<Vote> {
  const inputs = await Promise.all(
    examples.map((example, index) => openInput(payloadOfExample(example), opening).catch(inExample(index))),
  );
  const { vectors } = store;
  const queries = stacked(await embedInputs(embedder, inputs), vectors.dimension);
  const k = await neighbourhood(vote.k, store);
  const [known, unlearned] = await Promise.all([
    vectors.knn(queries, { k, database: 'cil' }),
    vectors.knn(queries, { k, database: 'mu' }),
  ]);
  const nearest = known.map((neighbours, index) =>
    [...neighbours, ...(unlearned[index] ?? [])]
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, k)
      .map(({ className }) => className),
  );
  return voteForClass(nearest, vote);
}

/**
 * K, but never more than half of a class has on average: a neighbourhood that is larger than the class itself takes in
 * its neighbours, and the vote would be ambiguous however clear the examples are.
 */
async function neighbourhood(k: number, { vectors, registry }: KnowledgeStore): Promise<number> {
  const perClass = (await vectors.count()) / Math.max(1, registry.snapshot().classes.size);
  return Math.max(1, Math.min(k, Math.floor(perClass / 2)));
}

/** Says which example it was. */
function inExample(index: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof LetheError)) throw error;
    const { code, message, field, remedy, value } = error;
    throw new LetheError(code, `example ${index}: ${message}`, {
      field: `examples.${index}${field ? `.${field}` : ''}`,
      remedy,
      value,
      cause: error,
    });
  };
}
