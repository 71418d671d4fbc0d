import { randomInt } from 'node:crypto';

const env = process.env;

/** Records that are written, hostile and good ones together: 200,000 by `npm run test:storm`. */
export const records = Number(env.LETHE_STORM_RECORDS ?? 4000);
/** Whether each step is printed as it happens. */
export const watched = records > 10_000 || env.LETHE_STORM_WATCH === '1';
/** Of every choice of the generator; what waits for processes still differs from run to run. */
export const seed = Number(env.LETHE_STORM_SEED ?? randomInt(2 ** 31));
/** Parts of the names of the damages that are wanted alone, to look for one fault; separated by `|`. */
export const onlyDamages = env.LETHE_STORM_DAMAGES?.split('|');
/** Likewise of the changes of the environment; the empty text wants none. */
export const onlyChanges = env.LETHE_STORM_CHANGES?.split('|').filter((part) => part !== '');
/** Whether the HTTP doors are knocked at. */
export const doors = env.LETHE_STORM_DOORS !== '0';

/** Good queries that are written together with as many hostile records. */
export const WAVE = 25;
/** Good queries that are written in a second, where Lethe keeps up. */
export const pace = Number(env.LETHE_STORM_PACE ?? 250);
/** Good queries that may be unanswered before more are written. */
export const OUTSTANDING = 500;
/** How long the good traffic runs alone, to be compared with. */
export const calmQueries = Math.min(5000, Math.max(500, Math.round(records / 10)));
/** Waves between two changes of the environment. */
export const changeEvery = Math.max(2, Math.round(records / (2 * WAVE) / 40));
/** For the whole; a record takes some milliseconds. */
export const limitMs = 400_000 + records * 15;
/** Nothing that is waited for may stand still for so long. */
export const stallMs = 60_000;
/** Whether a batch is written that no reader should unpack. */
export const bombs = env.LETHE_STORM_BOMBS === '1';
