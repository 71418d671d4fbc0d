/** How often it is looked whether the parent is still there. */
const EVERY_MS = 500;

/** The part of a process that knows its parent. */
export interface Child {
  readonly ppid: number;
}

/**
 * Calls back once the parent of a process that `npx` started is gone. `npx` runs a program through a shell and hands a
 * signal to the shell alone, which ends: the program itself is never told. Whoever was started by anything else may outlive
 * its parent (`nohup`, `setsid`, a container's init), and is left alone.
 * @returns stops looking
 */
export function onVanishedParent(
  variables: Readonly<Record<string, string | undefined>>,
  gone: () => void,
  child: Child = process,
): () => void {
  if (variables.npm_lifecycle_event !== 'npx') return () => undefined;
  const parent = child.ppid;
  const looking = setInterval(() => {
    if (child.ppid === parent) return;
    clearInterval(looking);
    gone();
  }, EVERY_MS);
  looking.unref();
  return () => clearInterval(looking);
}
