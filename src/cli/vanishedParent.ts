/** Interval of the checks whether the parent still exists. */
const EVERY_MS = 500;

/** The part of a process that knows its parent. */
export interface Child {
  readonly ppid: number;
}

/**
 * Calls back once the parent of a process that `npx` started has ended. `npx` runs a program through a shell, and
 * passes a signal only to the shell, which ends; the program itself never receives it. A process that was started in
 * another way may outlive its parent (`nohup`, `setsid`, a container's init), and is not watched.
 * @returns stops the checks
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
