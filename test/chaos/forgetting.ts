import type { DatabaseName } from '../../src/adapters/vectorDatabase.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { Random } from '../../src/model/ssre/random.js';

/** Where a class's vectors lie; erased ones lie nowhere. */
export type Lies = Map<string, DatabaseName | 'nowhere'>;

/** So many classes stay learned: a model of fewer tells nothing apart. */
const LEAST = 3;

/** A command that the class allows, drawn at random; what it comes to is noted. Undefined where nothing is left to be done. */
export function drawCommand(id: string, lies: Lies, random: Random): Command | undefined {
  const learned = [...lies.values()].filter((each) => each === 'cil').length;
  const able = [...lies].filter(([, at]) => at === 'mu' || (at === 'cil' && learned > LEAST));
  const drawn = able[random.below(Math.max(1, able.length))];
  if (!drawn) return undefined;
  const [name, at] = drawn;
  const classes = [name];
  if (random.below(4) === 0) {
    lies.set(name, 'nowhere');
    return { id, kind: 'erase', classes, now: true };
  }
  lies.set(name, at === 'cil' ? 'mu' : 'cil');
  return { id, kind: at === 'cil' ? 'unlearn' : 'relearn', classes };
}
