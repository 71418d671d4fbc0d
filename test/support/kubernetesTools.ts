import { join } from 'node:path';
import { attempt, execute } from '../../scripts/services/commands.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { pythonPackages } from './python.js';

const KUSTOMIZE = 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1';
const KUBE_SCORE = 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0';
/** Carries the OpenAPI schemas of every version of Kubernetes up to its own. */
const KUBERNETES_VALIDATE = 'kubernetes-validate==1.37.0';

/** What renders, checks and lints manifests. */
export interface KubernetesTools {
  /** The manifests of a folder of Kustomize, as one stream of YAML. */
  render(folder: string): Promise<string>;
  /** What kube-score finds in a file, beside the tests that are ignored: one line each, none where all is well. */
  score(file: string, ignored: readonly string[]): Promise<string[]>;
  /** @throws where something in the file is unknown to that version of Kubernetes, or of a wrong form */
  validate(file: string, version: string): Promise<string>;
}

/** The tools, built by Go from its module proxy and fetched by pip into the cache where they are missing. */
export async function kubernetesTools(): Promise<KubernetesTools> {
  const [programs, libraries] = await Promise.all([goPrograms(), pythonPackages(KUBERNETES_VALIDATE)]);
  return {
    render: (folder) => execute(join(programs, 'kustomize'), ['build', folder]),
    async score(file, ignored) {
      const without = ignored.flatMap((name) => ['--ignore-test', name]);
      // It ends with 1 where it has found something: what it says is asked for all the same.
      const args = ['score', '--output-format', 'ci', ...without, file];
      const printed = await execute('sh', ['-c', '"$0" "$@"; true', join(programs, 'kube-score'), ...args]);
      return printed.split('\n').filter((line) => line && !/^\[(OK|SKIPPED)\]/.test(line));
    },
    validate: (file, version) =>
      execute('env', [
        `PYTHONPATH=${libraries}`,
        'python3',
        '-m',
        'kubernetes_validate',
        '--strict',
        '--no-warn',
        '-k',
        version,
        file,
      ]),
  };
}

function goPrograms(): Promise<string> {
  return wholeFolder(join(cacheFolder(), 'kustomize-5.7.1-kube-score-1.20.0'), async (into) => {
    if (!(await attempt('go', ['version']))) throw new Error('go is not installed (apt install golang)');
    for (const program of [KUSTOMIZE, KUBE_SCORE]) {
      await execute('env', [`GOBIN=${into}`, 'go', 'install', '-trimpath', program]);
    }
  });
}
