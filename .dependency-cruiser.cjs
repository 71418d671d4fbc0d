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

/** The work that streams and operators do, one folder for each kind of it. */
const WORK = [
  layer('inputs', ['domain', 'model']),
  layer('knowledge', ['domain', 'model', 'adapters']),
  layer('answering', ['domain', 'model', 'adapters', 'inputs', 'knowledge']),
  layer('learning', ['domain', 'model', 'adapters', 'inputs', 'knowledge']),
  layer('forgetting', ['domain', 'model', 'adapters', 'inputs', 'knowledge', 'learning']),
  layer('auditing', ['domain', 'adapters']),
];
const WORK_FOLDERS = ['inputs', 'knowledge', 'answering', 'learning', 'forgetting', 'auditing'];
const PROCESSOR = ['domain', 'model', 'adapters', ...WORK_FOLDERS, 'operators', 'streams'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer('domain', []),
    layer('blas', []),
    layer('model', ['domain', 'blas']),
    layer('adapters', ['domain', 'blas']),
    {
      name: 'adapters-do-not-know-each-other',
      comment: 'What two of them share is a port, beside them.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/disk/' },
      to: { path: '^src/adapters/[^/]+/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'disk-keeps-what-is-in-memory',
      comment: 'It searches in memory, and keeps a file beside it.',
      severity: 'error',
      from: { path: '^src/adapters/disk/' },
      to: { path: '^src/adapters/[^/]+/', pathNot: '^src/adapters/(disk|memory)/' },
    },
    ...WORK,
    layer('operators', ['domain', 'model', 'adapters', ...WORK_FOLDERS]),
    layer('streams', ['domain', 'model', 'adapters', ...WORK_FOLDERS, 'operators']),
    layer('following', ['domain']),
    layer('telemetry', ['domain']),
    layer('console', [...PROCESSOR]),
    {
      name: 'console-page-runs-in-a-browser',
      comment:
        'Of ours it takes types, the states of classes and the words for events; what it runs on is bundled.',
      severity: 'error',
      from: { path: '^src/console/page/' },
      to: {
        pathNot: [
          '^src/console/page/',
          '^src/domain/(classes|describeEvent)\\.ts$',
          '^node_modules/(preact|eventsource-parser)/',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    layer('data', ['domain']),
    layer('app', [...PROCESSOR, 'telemetry', 'console', 'data']),
    layer('report', []),
    layer('verification', ['domain', 'blas', 'model', 'adapters', 'knowledge', 'report']),
    {
      name: 'product-does-not-know-the-packages',
      comment: 'What the product lacks without them, it looks up by name when it is asked for.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^packages/' },
    },
    {
      name: 'client-imports-what-it-bundles',
      comment:
        'How a Lethe is reached, and what its messages mean; no model, and nothing that has to be installed.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: {
        // Where the product is built, it is found in dist.
        path: '^(src|dist|packages)/',
        pathNot:
          '^(packages/client|(src|dist)/(domain|following|adapters/(http|kafka)))/|^(src|dist)/adapters/[^/]+$',
      },
    },
    pure('domain', 'rxjs|kafkajs|redis|onnxruntime-node|@tensorflow|hono'),
    pure('model', 'rxjs|kafkajs|redis|hono'),
    pure('(inputs|knowledge|answering|learning|forgetting|auditing)', 'kafkajs|redis|hono'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What the build makes of the packages.
    exclude: { path: '^packages/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
