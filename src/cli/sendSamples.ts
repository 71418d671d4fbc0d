import { from, lastValueFrom, mergeMap } from 'rxjs';
import type { GatewayClient } from '../adapters/http/client.js';
import type { FoundInput } from '../data/inputItem.js';
import { encodeSample } from '../domain/cloudEvents.js';
import { LetheError } from '../domain/errors.js';
import type { Payload } from '../domain/messages/payload.js';
import type { OutgoingRecord } from '../domain/record.js';
import { type SampleSettings, sampleRecord } from './inputs.js';
import type { Problem, SampleSurvey } from './sampleSurvey.js';

const CONCURRENCY = 8;

/** How the samples of an announced task are sent. */
export interface Sending {
  readonly client: GatewayClient;
  readonly settings: SampleSettings;
  /** Components of the vectors that this Lethe takes; null where it does not say. */
  readonly dimension: number | null;
  readonly onSent: () => void;
  /** A sample could not be sent after all. */
  readonly onFailed: (id: string, problem: Problem) => void;
}

interface Outgoing {
  readonly id: string;
  readonly place: string;
  readonly label: string;
  readonly record: OutgoingRecord;
}

/**
 * Sends the announced samples. If the gateway refuses a sample, or its file changed, the problem is reported, and a
 * record with its name is sent that Lethe refuses: the task counts it, and does not wait for it.
 * @throws LetheError `unreachable`, `timed-out`
 */
export async function sendSamples(
  inputs: AsyncIterable<FoundInput>,
  { classes }: SampleSurvey,
  sending: Sending,
): Promise<void> {
  const { client, onSent, onFailed } = sending;
  const open = new Map<string, { readonly label: string; readonly place: string }>();
  for (const { name, places } of classes.values())
    for (const [id, place] of places) open.set(id, { label: name, place });
  const publish = (record: OutgoingRecord): Promise<void> => client.publish([record]);
  const withdraw = async ({ id, place, label }: Omit<Outgoing, 'record'>, error: LetheError) => {
    onFailed(id, { place, error });
    await publish(withdrawal({ id, label, why: error.message }, sending));
    onSent();
  };
  await sendEach(outgoing(inputs, open, sending), client, { onSent, onRefused: withdraw });
  await each([...open], ([id, { label, place }]) => withdraw({ id, label, place }, changed(place)));
}

/** Those that were counted; each is struck off the open ones. */
async function* outgoing(
  inputs: AsyncIterable<FoundInput>,
  open: Map<string, { readonly label: string; readonly place: string }>,
  { settings, client }: Sending,
): AsyncGenerator<Outgoing> {
  for await (const found of inputs) {
    if ('unusable' in found) continue;
    const { id, label, record } = sampleRecord(found.item, settings, client.topics);
    if (open.get(id)?.label !== label) continue;
    open.delete(id);
    yield { id, label, record, place: found.item.place };
  }
}

/**
 * Sends records as the log has room, a few at a time.
 * @param onRefused called for each record that the gateway refuses for good; the others continue
 * @throws LetheError `unreachable`, `timed-out`, `overloaded`
 */
export function sendEach<T extends { readonly record: OutgoingRecord }>(
  items: AsyncIterable<T>,
  client: GatewayClient,
  {
    onSent,
    onRefused,
  }: {
    readonly onSent: () => void;
    readonly onRefused: (item: T, error: LetheError) => Promise<void> | void;
  },
): Promise<void> {
  return each(items, async (item) => {
    try {
      await client.publish([item.record]);
    } catch (error) {
      if (!(error instanceof LetheError) || error.retriable || error.code === 'unreachable') throw error;
      await onRefused(item, error);
      return;
    }
    onSent();
  });
}

/**
 * A sample of which there is nothing but its name: Lethe refuses it, so it is none that is missing. A vector without a
 * direction passes the gateway, whatever the embedder takes.
 */
function withdrawal(
  { id, label, why }: { readonly id: string; readonly label: string; readonly why: string },
  { settings: { task }, client, dimension }: Sending,
): OutgoingRecord {
  const bytes = Buffer.from(`withdrawn by its sender: ${why}`);
  const payload: Payload =
    dimension === null
      ? { kind: 'image', contentType: 'image/png', bytes }
      : { kind: 'vector', vector: new Float32Array(dimension) };
  return encodeSample({ id, label, task, payload }, client.topics);
}

function changed(place: string): LetheError {
  return new LetheError('invalid-message', `${place}: it disappeared or changed while it was sent`, {
    field: 'path',
    value: place,
    remedy: 'Leave the files as they are until all are sent.',
  });
}

function each<T>(items: AsyncIterable<T> | Iterable<T>, send: (item: T) => Promise<void>): Promise<void> {
  return lastValueFrom(from(items).pipe(mergeMap(send, CONCURRENCY)), { defaultValue: undefined });
}
