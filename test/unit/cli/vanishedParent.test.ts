import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onVanishedParent } from '../../../src/cli/vanishedParent.js';

const MINUTE = 60_000;
const BY_NPX = { npm_lifecycle_event: 'npx', npm_command: 'exec' };

describe('the parent of a process that npx started', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is missed once, when it is gone', () => {
    const child = { ppid: 100 };
    const gone = vi.fn();
    onVanishedParent(BY_NPX, gone, child);
    vi.advanceTimersByTime(MINUTE);
    expect(gone).not.toHaveBeenCalled();
    child.ppid = 1;
    vi.advanceTimersByTime(MINUTE);
    expect(gone).toHaveBeenCalledOnce();
  });

  it.each([
    ['a shell, with nohup or setsid', {}],
    ['a script of a package, which may leave it behind', { npm_lifecycle_event: 'start' }],
  ])('is not missed where it was started by %s', (_, variables) => {
    const child = { ppid: 100 };
    const gone = vi.fn();
    onVanishedParent(variables, gone, child);
    child.ppid = 1;
    vi.advanceTimersByTime(MINUTE);
    expect(gone).not.toHaveBeenCalled();
  });

  it('is not looked for any more when nobody wants to know', () => {
    const child = { ppid: 100 };
    const gone = vi.fn();
    onVanishedParent(BY_NPX, gone, child)();
    child.ppid = 1;
    vi.advanceTimersByTime(MINUTE);
    expect(gone).not.toHaveBeenCalled();
  });
});
