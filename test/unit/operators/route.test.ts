import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import type { Command } from '../../../src/domain/messages/command.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { rejected } from '../../../src/operators/flow.js';
import { type Routes, route } from '../../../src/operators/route.js';
import { allAccepted, notingProbe, recordAt, shown, through } from '../../support/flows.js';
import { storeOf } from '../../support/knowledge.js';

const COMMANDS: Command[] = [
  { id: 'c1', kind: 'learn', task: 't1', classes: ['cat'], samples: 1 },
  { id: 'c2', kind: 'unlearn', classes: ['cat'] },
  { id: 'c3', kind: 'relearn', classes: ['cat'] },
  { id: 'c4', kind: 'erase', classes: ['cat'] },
  { id: 'c5', kind: 'declare-gone', workers: ['w1'] },
];

const ANNOUNCED = { kind: 'task-announced', task: 't1', classes: ['cat'], samples: 1 };

async function routing(done: readonly string[] = [], failure?: unknown, details: unknown = ANNOUNCED) {
  const { registry } = await storeOf({});
  for (const id of done) {
    await registry.update(() => ({ command: { id, position: 'queries/0/0', details } }));
  }
  const { probe, noted } = notingProbe();
  const handle = (kind: string) => async (command: Command, reading: { readonly position: string }) => {
    if (failure) throw failure;
    return {
      kind: 'rebuild-failed',
      handled: `${kind} ${command.id} ${reading.position}`,
    } as unknown as LetheEvent;
  };
  const routes: Routes = {
    learn: handle('learn'),
    unlearn: handle('unlearn'),
    relearn: handle('relearn'),
    erase: handle('erase'),
    'declare-gone': handle('declare-gone'),
  };
  return { operator: route({ routes, registry, probe }), noted };
}

describe('route', () => {
  it('sends each command to the handler of its kind, in their order', async () => {
    const { operator, noted } = await routing();
    const events = shown(await through(allAccepted(COMMANDS), operator));
    expect(events).toMatchObject([
      { handled: 'learn c1 queries/0/0' },
      { handled: 'unlearn c2 queries/0/1' },
      { handled: 'relearn c3 queries/0/2' },
      { handled: 'erase c4 queries/0/3' },
      { handled: 'declare-gone c5 queries/0/4' },
    ]);
    expect(noted).toEqual(['command 0', 'command 1', 'command 2', 'command 3', 'command 4']);
  });

  it('lets refused records pass', async () => {
    const { operator, noted } = await routing();
    const refused = rejected(new LetheError('unknown-command', '?', { remedy: '' }), recordAt(0));
    expect(await through([refused], operator)).toEqual([refused]);
    expect(noted).toEqual([]);
  });

  it('tells anew of a record that is delivered again, and ignores a command that was sent again', async () => {
    const { operator } = await routing(['c1', 'c2']);
    expect(shown(await through(allAccepted(COMMANDS.slice(0, 2)), operator))).toEqual([
      { ...ANNOUNCED, commandId: 'c1' },
      { kind: 'command-ignored', commandId: 'c2', command: 'unlearn' },
    ]);
  });

  it('ignores one whose receipt does not say what it did', async () => {
    const { operator } = await routing(['c1'], undefined, { of: 'another version' });
    expect(shown(await through(allAccepted(COMMANDS.slice(0, 1)), operator))).toEqual([
      { kind: 'command-ignored', commandId: 'c1', command: 'learn' },
    ]);
  });

  it('tells of a command that is refused, and why', async () => {
    const refusal = new LetheError('unknown-class', 'never learned', {
      field: 'classes.0',
      remedy: 'Name another.',
    });
    const { operator } = await routing([], refusal);
    expect(shown(await through(allAccepted(COMMANDS.slice(1, 2)), operator))).toEqual([
      { kind: 'command-rejected', commandId: 'c2', command: 'unlearn', error: refusal.toJSON() },
    ]);
  });

  it('fails where the failure is no verdict on the command', async () => {
    const away = new LetheError('unreachable', 'Redis is away', { remedy: 'Wait.', retriable: true });
    for (const failure of [away, new TypeError('boom')]) {
      const { operator } = await routing([], failure);
      await expect(through(allAccepted(COMMANDS), operator)).rejects.toBe(failure);
    }
  });
});
