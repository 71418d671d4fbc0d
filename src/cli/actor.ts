import { userInfo } from 'node:os';
import type { CliIo } from './io.js';

/** The sender of commands, for the audit chain: LETHE_ACTOR, or the user of this process. */
export function actor({ variables }: Pick<CliIo, 'variables'>): string {
  return variables.LETHE_ACTOR || userInfo().username;
}
