/** One-way dependencies of the architecture (ARCHITECTURE.md); `npm run check:deps` fails on a breach. */
const layer = (name, allowed) => ({
  name: `${name}-imports-only-what-is-below-it`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: `^src/(${[name, ...allowed].join('|')})/` },
});
const pure = (name, pattern) => ({
  name: `${name}-knows-no-infrastructure`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: `node_modules/(${pattern})/` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer('domain', []),
    layer('blas', []),
    layer('model', ['domain', 'blas']),
    layer('stores', ['domain', 'blas']),
    layer('operators', ['domain', 'model', 'stores']),
    layer('streams', ['domain', 'model', 'stores', 'operators']),
    layer('client', ['domain', 'streams']),
    layer('telemetry', ['domain']),
    layer('console', ['domain', 'model', 'stores', 'operators', 'streams']),
    {
      name: 'console-page-runs-in-a-browser',
      comment: 'Of ours it takes types, and the states of classes; what it runs on is bundled.',
      severity: 'error',
      from: { path: '^src/console/page/' },
      to: {
        pathNot: [
          '^src/console/page/',
          '^src/domain/classes\\.ts$',
          '^node_modules/(preact|eventsource-parser)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    layer('data', ['domain']),
    layer('app', ['domain', 'model', 'stores', 'operators', 'streams', 'telemetry', 'console', 'data']),
    layer('experiments', [
      'domain',
      'blas',
      'model',
      'stores',
      'operators',
      'streams',
      'telemetry',
      'console',
      'data',
      'app',
    ]),
    pure('domain', 'rxjs|kafkajs|redis|onnxruntime-node|@tensorflow|hono'),
    pure('model', 'rxjs|kafkajs|redis|hono'),
    pure('stores', 'rxjs|kafkajs|hono'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
