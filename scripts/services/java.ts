import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, execute } from './commands.js';

/** Maven's plugin that copies artifacts out of its repository. */
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** The Java that runs servers. */
export function java(): string {
  return process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
}

/**
 * Why a server of Java 17 can't be run here, or undefined.
 * @param folder what Maven fetched of it; where it is there, Maven is not needed
 */
export async function javaObstacle(folder: string, what: string): Promise<string | undefined> {
  const missing = [];
  const version = await attempt(java(), ['-version']);
  const major = Number(/version "(\d+)/.exec(version ?? '')?.[1] ?? 0);
  if (major < 17) {
    const found = version === undefined ? 'is not installed' : `is needed, not ${major}`;
    missing.push(`java 17 or later ${found} (apt install openjdk-17-jre-headless, or set JAVA_HOME)`);
  }
  if (!existsSync(folder) && !(await attempt('mvn', ['--version']))) {
    missing.push(`mvn is not installed; it is needed once, to fetch ${what} (apt install maven)`);
  }
  return missing.join('; ') || undefined;
}

/** Runs a goal of Maven's dependency plugin, e.g. `copy`, with properties. */
export function dependencyPlugin(
  goal: string,
  properties: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<string> {
  const flags = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
  return execute(
    'mvn',
    ['--batch-mode', '--quiet', '--strict-checksums', `${DEPENDENCY_PLUGIN}:${goal}`, ...flags],
    cwd,
  );
}
