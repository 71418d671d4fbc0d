import { userInfo } from 'node:os';
import type { CliIo } from './io.js';

/** Who gives a command, as the audit chain tells: LETHE_ACTOR, or the user of this process. */
export function actor({ variables }: Pick<CliIo, 'variables'>): string {
  return variables.LETHE_ACTOR || userInfo().username;
}
