import { type ClassEvidence, remainsIn } from '../domain/classEvidence.js';
import { LetheError } from '../domain/errors.js';
import { placeWords } from '../domain/placeWords.js';
import { type ConnectionOptions, connect } from './connection.js';
import { type CliIo, writeResult } from './io.js';

/**
 * `lethe erase --check`: looks again at what is there of classes that were erased, place by place.
 * @throws LetheError `not-erased`, once all is written, where something is there
 */
export async function checkErased(
  classes: readonly string[],
  options: ConnectionOptions,
  io: CliIo,
): Promise<void> {
  const client = connect(options, io);
  const found: ClassEvidence[] = [];
  for (const name of classes) found.push(await client.evidence(name, true));
  writeResult(io, options.json, found, found.flatMap(linesOf));
  const remains = found.flatMap((each) => remainsIn(each).map((what) => `"${each.class}": ${what}`));
  if (remains.length === 0) return;
  throw new LetheError('not-erased', `parts of the class remain: ${remains.join('; ')}`, {
    field: 'classes',
    value: classes.join(', '),
    remedy: 'The learner tries again what failed. If the class is not erased yet, run `lethe erase`.',
  });
}

function linesOf({ class: name, state, model, worker, seenAt, places }: ClassEvidence): string[] {
  return [
    `${name}: ${state ?? 'not in the registry'}, as ${worker} saw it at ${seenAt}`,
    ...(model ? [`  model ${model.version}: ${model.knows ? 'knows it' : 'done, it never saw it'}`] : []),
    ...places.map((place) => `  ${placeWords(place)}`),
  ];
}
