import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { VectorRecord } from '../adapters/vectorDatabase.js';
import { type ClassRecord, classesIn, FORGOTTEN, type RegistrySnapshot } from '../domain/classes.js';
import { nextOf, standingOf } from '../domain/classStates.js';
import { LetheError } from '../domain/errors.js';
import type { EventOf, LetheEvent } from '../domain/messages/event.js';
import type { ModelVersion } from '../domain/messages/model.js';
import { unhurried } from '../domain/pace.js';
import { stacked } from '../domain/vector.js';
import { gatherVectors, withVectors } from '../knowledge/gatherVectors.js';
import { sampleVectors } from '../knowledge/sampleVectors.js';
import { updateBy } from '../knowledge/updateBy.js';
import { installModel, type ModelMaking, tellEpochs } from '../learning/installModel.js';
import type { Classifier } from '../model/classifier.js';
import type { Rebuilder } from '../model/trainer.js';

/** What a rebuild works with. */
export interface Rebuilding extends ModelMaking {
  readonly trainer: Rebuilder;
  /** How much accuracy on the remaining classes the rebuilt model may lose, 0 to 1. */
  readonly margin: number;
  /** Vectors of each remaining class that the two models are compared on. */
  readonly samples: number;
  readonly seed: number;
}

type Evidence = EventOf<'model-rebuilt'>['evidence'];

/**
 * Makes a model of DB-CIL's learned classes alone, from nothing: no weight, prototype or statistic of it comes from a
 * model that saw a forgotten class. It is compared with the model that answers, and takes its place if it is as good.
 * The same rebuild begun again, after a crash, goes on where it was.
 * @param name of the rebuild
 * @throws LetheError `rebuild-refused` where it loses more than the margin, or no class remains, `training-failed`
 */
export function rebuildModel(
  name: string,
  rebuilding: Rebuilding,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  return rebuilding.inTurn(async () => {
    const started = performance.now();
    while ((await rebuiltOnce(name, rebuilding, started, emit)) === 'overtaken');
  });
}

/** `overtaken`: a class that the rebuilt model does not know was relearned meanwhile; nothing was changed. */
async function rebuiltOnce(
  name: string,
  rebuilding: Rebuilding,
  started: number,
  emit: (event: LetheEvent) => void,
): Promise<'done' | 'overtaken'> {
  const { store, trainer } = rebuilding;
  const snapshot = await store.registry.refresh();
  const { model: former } = snapshot;
  if (!former || !needsRebuild(snapshot)) return 'done';
  const { gathered, without: emptied } = await gatherLearned(snapshot, store);
  const { classes } = gathered;
  if (classes.length === 0) throw nothingRemains();
  const model = await trainer.rebuild({ task: name, ...gathered, unlearned: [] }, tellEpochs(name, emit));
  const evidence = await installModel(model, rebuilding, emit, async (after) => {
    const found = await compared(former, after, classes, rebuilding);
    refuseWorse(found, rebuilding.margin);
    if (!(await madeCurrent({ model, before: snapshot, emptied }, store))) return null;
    trainer.adopt(model);
    return found;
  });
  if (!evidence) return 'overtaken';
  emit({
    kind: 'model-rebuilt',
    modelVersion: model.version,
    replaces: former.version,
    without: former.classes.filter((each) => !model.classes.includes(each)),
    evidence,
    ms: performance.now() - started,
  });
  return 'done';
}

/**
 * The vectors of the learned classes. One of which there are none, since it was unlearned meanwhile or they were lost, holds
 * up no model of the others.
 */
export async function gatherLearned(
  snapshot: RegistrySnapshot,
  { vectors }: KnowledgeStore,
): Promise<ReturnType<typeof withVectors>> {
  const learned = classesIn(snapshot, 'learned').map(({ name }) => name);
  return withVectors(await gatherVectors(vectors, 'cil', learned));
}

/** A model that was made without forgotten classes and samples. */
export interface Rebuilt {
  readonly model: ModelVersion;
  /** The registry that it was made by. */
  readonly before: RegistrySnapshot;
  /** Classes called learned then, of which no vector was found. */
  readonly emptied: readonly string[];
}

/**
 * Names the model in the registry, unless a class that it does not know was relearned since its vectors were gathered: the
 * model before it knows that class, and goes on answering.
 */
async function madeCurrent(rebuilt: Rebuilt, store: KnowledgeStore): Promise<boolean> {
  const { model } = rebuilt;
  let isComplete = true;
  await updateBy(
    store.registry,
    () => stillEmpty(rebuilt, store),
    (now, emptied) => {
      isComplete = classesIn(now, 'learned').every(
        ({ name }) => model.classes.includes(name) || emptied.includes(name),
      );
      return isComplete ? { model, put: afterRebuild(now, { ...rebuilt, emptied }) } : null;
    },
  );
  return isComplete;
}

/** Without those that were relearned since. */
export async function stillEmpty({ emptied }: Rebuilt, { vectors }: KnowledgeStore): Promise<string[]> {
  const empty: string[] = [];
  for (const name of emptied) if ((await vectors.count({ classes: [name] })) === 0) empty.push(name);
  return empty;
}

/** Whether the model that answers knows a class that is to be erased, or has seen samples that were unlearned. */
export function needsRebuild({ classes, model }: RegistrySnapshot): boolean {
  return [...classes.values()].some(
    ({ name, state, erasing, withdrawn = 0 }) =>
      model?.classes.includes(name) && (erasing !== undefined || (withdrawn > 0 && state !== 'learning')),
  );
}

/** Records that change with a model that was made without the forgotten classes and samples. */
export function afterRebuild(now: RegistrySnapshot, rebuilt: Rebuilt): ClassRecord[] {
  return [...unknownRecords(now, rebuilt), ...cleanRecords(now, rebuilt)];
}

/** Classes of the model, which never saw what was unlearned of them before it was made. */
function cleanRecords(now: RegistrySnapshot, { model, before }: Rebuilt): ClassRecord[] {
  return model.classes.flatMap((name) => {
    const { withdrawn = 0, ...record } = now.classes.get(name) ?? {};
    if (!('name' in record) || withdrawn === 0) return [];
    const left = withdrawn - (before.classes.get(name)?.withdrawn ?? 0);
    return [left > 0 ? { ...record, withdrawn: left } : record];
  });
}

/** Forgotten classes that the model was made without, as the registry calls them from now on. */
function unknownRecords(now: RegistrySnapshot, { model, emptied }: Rebuilt): ClassRecord[] {
  return [...now.classes.values()].flatMap((all): ClassRecord[] => {
    if (model.classes.includes(all.name)) return [];
    const { withdrawn: _, ...record } = all;
    if (all.state === 'learned' && emptied.includes(all.name))
      return [{ ...record, state: nextOf('rebuilt', 'emptied'), count: 0, centroid: null }];
    const next = nextOf('rebuilt', standingOf(all, all.count, now));
    return next === 'stays' || next === all.state ? [] : [{ ...record, state: next }];
  });
}

/** Both models on the same vectors of the remaining classes; both were trained on them. */
async function compared(
  former: ModelVersion,
  after: Classifier,
  classes: readonly string[],
  { store, load, samples, seed }: Rebuilding,
): Promise<Evidence> {
  const drawn: VectorRecord[] = [];
  for (const name of classes)
    drawn.push(...(await sampleVectors(store.vectors, { database: 'cil', classes: [name] }, samples, seed)));
  const forgotten = classesIn(store.registry.snapshot(), ...FORGOTTEN).map(({ name }) => name);
  const before = await load(former);
  try {
    return {
      vectors: drawn.length,
      accuracyBefore: await accuracyOf(before, drawn, forgotten),
      accuracyAfter: await accuracyOf(after, drawn, forgotten),
    };
  } finally {
    before.dispose();
  }
}

/** Vectors classified in one step: some milliseconds. */
const COMPARED_AT_ONCE = 16;

/** Share of the vectors whose best class, among those that are not forgotten, is theirs. */
async function accuracyOf(
  classifier: Classifier,
  records: readonly VectorRecord[],
  forgotten: readonly string[],
): Promise<number> {
  let correct = 0;
  for (let start = 0; start < records.length; start += COMPARED_AT_ONCE) {
    const some = records.slice(start, start + COMPARED_AT_ONCE);
    correct += await unhurried(() => correctOf(classifier, some, forgotten));
  }
  return records.length === 0 ? 0 : correct / records.length;
}

async function correctOf(
  classifier: Classifier,
  records: readonly VectorRecord[],
  forgotten: readonly string[],
): Promise<number> {
  const { classes, dimension } = classifier;
  const vectors = records.map(({ vector }) => vector);
  const logits = await classifier.logits(stacked(vectors, dimension));
  return records.filter(({ className }, row) => {
    let best = -1;
    classes.forEach((name, column) => {
      if (forgotten.includes(name)) return;
      const at = (index: number): number => logits[row * classes.length + index] as number;
      if (best < 0 || at(column) > at(best)) best = column;
    });
    return classes[best] === className;
  }).length;
}

function refuseWorse(evidence: Evidence, margin: number): void {
  const { accuracyBefore, accuracyAfter } = evidence;
  if (accuracyBefore - accuracyAfter <= margin) return;
  throw new LetheError('rebuild-refused', 'the rebuilt model is worse on the remaining classes', {
    field: 'unlearning.rebuild.margin',
    value: String(margin),
    remedy: 'Raise the margin, or train for more epochs (learning.ssre), and send the erase command again.',
    evidence: { ...evidence },
  });
}

function nothingRemains(): LetheError {
  return new LetheError('rebuild-refused', 'no learned class would remain for a rebuild', {
    field: 'classes',
    remedy: 'Learn another class first. Or stop Lethe, and delete all its topics, databases and checkpoints.',
  });
}
