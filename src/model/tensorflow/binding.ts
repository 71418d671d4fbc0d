import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes sure that a native TensorFlow.js is whole before its code is run: a package without its binding, as
 * `npm ci --ignore-scripts` leaves it, registers its kernels before it fails, and every other TensorFlow then complains.
 * @param require of the place from which the package is looked for
 * @throws where there is no such package, or it has no binding
 */
export function requireBinding(require: NodeJS.Require, name: string): void {
  const lib = join(dirname(require.resolve(`${name}/package.json`)), 'lib');
  const builds = existsSync(lib) ? readdirSync(lib) : [];
  if (!builds.some((build) => existsSync(join(lib, build, 'tfjs_binding.node'))))
    throw new Error(`${name} is installed without its binding (its install script did not run)`);
}
