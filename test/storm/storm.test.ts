import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDiary } from '../support/diary.js';
import { lethe } from '../support/lethe.js';
import { within } from './cycles.js';
import { type Deployment, deploy } from './deployment.js';
import * as form from './form.js';
import type { Verdict } from './ledger.js';
import { type Weathered, weather } from './storm.js';
import { summary } from './summary.js';
import { ASKED_ROLES } from './verdict.js';

/** Resident memory of a worker; at rest it takes a fourth of it. */
const MEMORY_MIB = 1200;

const NOTHING: Verdict = { findings: [], outcomes: new Map(), asked: 0 };

let deployment: Deployment;

beforeEach(async () => {
  console.log(`storm: LETHE_STORM_RECORDS=${form.records} LETHE_STORM_SEED=${form.seed}`);
  deployment = await deploy(form.seed);
});
afterEach(() => deployment?.close());

async function readiness(): Promise<string[]> {
  const urls = await deployment.urls();
  return Promise.all(
    urls.map(async (url) => {
      const response = await fetch(new URL('/readyz', url));
      return `${response.status} ${await response.text()}`;
    }),
  );
}

/** Ids of what a gateway said it had taken, and that is not in the log. */
function acceptedAndGone({ knocked, ledger }: Weathered): string[] {
  return ASKED_ROLES.flatMap((role) => {
    const written = ledger.idsIn(role);
    const accepted = knocked.flatMap((each) => each.accepted.get(role) ?? []);
    return accepted.filter((id) => !written.has(id));
  });
}

/** Whatever is foreign in the chain is named. */
async function auditIsWhole(): Promise<void> {
  const [learner = ''] = await deployment.urls();
  const { code, stdout, stderr } = await lethe(['audit', 'verify', '--url', learner], {});
  console.log(`audit verify: ${stdout}${stderr}`);
  expect(code).toBe(0);
}

describe('whatever is written, sent or broken', () => {
  it(
    'every record has one outcome, every good query its answer, no worker ends, and the audit chain is whole',
    async () => {
      // A long storm is watched.
      const diary = openDiary(form.watched ? (line) => process.stdout.write(`${line}\n`) : undefined);
      const weathered = await weather(deployment, diary).catch((error: unknown) => {
        console.log(String(diary));
        throw error;
      });
      const { model, workers } = deployment;
      // Where something stands still, what lacks its outcome is not known.
      const whole = weathered.stalls.length === 0;
      const stored = new Set(whole ? (await model.contents()).keys() : []);
      const verdict = whole ? await weathered.ledger.verdict(stored) : NOTHING;
      console.log(await summary({ deployment, diary, weathered, verdict }));

      expect(workers.map(({ role, starts }) => `${role}: ${starts}`)).toEqual([
        'learn: 1',
        'infer: 1',
        'infer: 1',
      ]);
      expect(weathered.stalls).toEqual([]);
      expect(weathered.good.faults.slice(0, 5)).toEqual([]);
      expect(verdict.findings.slice(0, 5)).toEqual([]);
      expect(weathered.knocked.flatMap(({ faults }) => faults)).toEqual([]);
      expect(acceptedAndGone(weathered)).toEqual([]);
      const ready = async (): Promise<boolean> => (await readiness()).every((each) => each.startsWith('200'));
      if (!(await within(60_000, ready))) expect(await readiness()).toEqual([]);
      for (const { peakMiB } of workers) expect(peakMiB).toBeLessThan(MEMORY_MIB);
      await auditIsWhole();
    },
    form.limitMs,
  );
});
