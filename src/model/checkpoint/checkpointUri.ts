import { LetheError } from '../../domain/errors.js';
import { versionSchema } from './checkpoint.js';

/** The version in a URI `<scheme>:<version>`. Nothing else can be in it, so it is safe in keys and paths. */
export function versionOf(uri: string, scheme: string): string {
  const version = versionSchema.safeParse(uri.slice(scheme.length + 1));
  if (!uri.startsWith(`${scheme}:`) || !version.success) throw foreign(uri, `${scheme}:<version>`);
  return version.data;
}

/** Versions by their number of tasks, oldest first. */
export function inOrder(versions: readonly string[]): string[] {
  return [...versions].sort((a, b) => tasksOf(a) - tasksOf(b) || (a < b ? -1 : 1));
}

function tasksOf(version: string): number {
  return Number.parseInt(version.slice(1), 10);
}

/** The error of a URI that this store did not give. */
export function foreign(uri: string, expected: string): LetheError {
  return new LetheError('config-invalid', `the checkpoint ${uri} is not in this store`, {
    field: 'checkpoint',
    value: uri,
    remedy: `This store contains ${expected}. Configure the checkpoint store in which the model was published.`,
  });
}
