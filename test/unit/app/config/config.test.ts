import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unknownVariables, variableOf } from '../../../../src/app/config/environment.js';
import { configFields } from '../../../../src/app/config/fields.js';
import { type ConfigOptions, loadConfig } from '../../../../src/app/config/loadConfig.js';
import { printConfig, redacted } from '../../../../src/app/config/printConfig.js';
import { LetheError } from '../../../../src/domain/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'lethe-config-'));
let files = 0;

function fileWith(content: string): string {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, content);
  return path;
}

function load(options: ConfigOptions = {}) {
  return loadConfig({ variables: {}, ...options });
}

function refusal(options: ConfigOptions): LetheError {
  try {
    load(options);
  } catch (error) {
    if (error instanceof LetheError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const SECRET = 'correct-horse-battery-staple';

describe('the configuration', () => {
  it('has a default for every field', () => {
    expect(load().config).toMatchObject({
      model: { name: 'main' },
      embedder: { kind: 'bundled', size: 224 },
      filter: { threshold: 0.77 },
      unlearning: { k: 100 },
      http: { host: '127.0.0.1' },
    });
  });

  it('describes every field that is not from a schema of the model', () => {
    const bare = configFields().filter(
      (field) => !field.description && !/^(embedder|learning\.(ssre|analytic))\./.test(field.path),
    );
    expect(bare).toEqual([]);
  });

  it('lays file, variables and options over the defaults, the later over the earlier', () => {
    const file = fileWith('http: {port: 1, host: 10.0.0.1}\nlog: {level: warn}\n');
    const { config, sources } = load({
      file,
      variables: { LETHE_HTTP__PORT: '2', LETHE_LOG__LEVEL: 'debug' },
      overrides: { log: { level: 'trace' } },
    });
    expect(config.http).toMatchObject({ host: '10.0.0.1', port: 2, bodyBytes: 33_554_432 });
    expect(config.log.level).toBe('trace');
    expect(sources).toEqual(['config/default.yaml', file, 'LETHE_HTTP__PORT', 'LETHE_LOG__LEVEL', 'options']);
  });

  it('takes the environment and the file from variables too', () => {
    const { config } = load({
      variables: { LETHE_ENV: 'production', LETHE_CONFIG: fileWith('model: {name: mine}') },
    });
    expect(config.log.format).toBe('json');
    expect(config.model.name).toBe('mine');
  });

  it('replaces lists instead of joining them', () => {
    const own = {
      kind: 'onnx',
      name: 'n',
      path: 'p',
      input: 'i',
      output: 'o',
      inputSize: { width: 8, height: 8 },
    };
    const file = fileWith(JSON.stringify({ embedder: { ...own, mean: [1, 2, 3] } }));
    const { embedder } = load({ file, variables: { LETHE_EMBEDDER__MEAN: '[4, 5, 6]' } }).config;
    expect(embedder).toMatchObject({ kind: 'onnx', mean: [4, 5, 6] });
  });

  it('takes the items of a list by a variable with commas between them', () => {
    const brokers = (content: string) =>
      load({ variables: { LETHE_TRANSPORT__KAFKA__BROKERS: content } }).config.transport.kafka.brokers;
    expect(brokers('a:1,b:2')).toEqual(['a:1', 'b:2']);
    expect(brokers('a:1')).toEqual(['a:1']);
    expect(brokers(' a:1 , b:2, ')).toEqual(['a:1', 'b:2']);
    expect(brokers('["a:1", "b:2"]')).toEqual(['a:1', 'b:2']);
    const wrong = refusal({ variables: { LETHE_TRANSPORT__KAFKA__BROKERS: 'a:1,b' } });
    expect(wrong.field).toMatch(/^transport\.kafka\.brokers/);
  });

  it('names variables that set nothing', () => {
    const unknown = unknownVariables(
      {
        LETHE_HTTP_TOKEN: 'x',
        ...{
          LETHE_ENV: 'x',
          LETHE_URL: 'x',
          LETHE_CACHE: 'x',
          LETHE_SERVICES_FOLDER: 'x',
          LETHE_HTTP__PORT: '1',
        },
        ...{
          LETHE_PORT: 'tcp://10.0.0.1:7070',
          LETHE_PORT_7070_TCP_ADDR: '10.0.0.1',
          LETHE_A_SERVICE_PORT_HTTP: '1',
        },
        OTHER: 'x',
      },
      configFields(),
    );
    expect(unknown).toEqual([{ variable: 'LETHE_HTTP_TOKEN', didYouMean: 'LETHE_HTTP__TOKEN' }]);
  });

  it('takes vectors alone, of a dimension that is set', () => {
    const variables = { LETHE_EMBEDDER__KIND: 'vectors', LETHE_EMBEDDER__DIMENSION: '384' };
    expect(load({ variables }).config.embedder).toEqual({ kind: 'vectors', dimension: 384 });
    expect(refusal({ variables: { LETHE_EMBEDDER__KIND: 'vectors' } }).field).toBe('embedder.dimension');
  });

  it('can set every field by a variable, and reads text as text', () => {
    expect(variableOf('learning.taskTimeoutSeconds')).toBe('LETHE_LEARNING__TASK_TIMEOUT_SECONDS');
    const { config } = load({
      variables: {
        LETHE_LEARNING__TASK_TIMEOUT_SECONDS: '5',
        LETHE_MODEL__NAME: '42',
        LETHE_INFERENCE__GUARD: 'false',
        LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '3',
        UNRELATED__X: 'y',
        LETHE_CACHE: '/tmp',
      },
    });
    expect(config.learning.taskTimeoutSeconds).toBe(5);
    expect(config.learning.ssre.initial.epochs).toBe(3);
    expect(config.model.name).toBe('42');
    expect(config.inference.guard).toBe(false);
  });
});

describe('a configuration that is refused', () => {
  it.each([
    ['an unknown field', { file: fileWith('http: {prot: 1}') }, 'http.prot', 'http.port'],
    ['an unknown section', { file: fileWith('htp: {port: 1}') }, 'htp', 'http'],
    ['an unknown variable', { variables: { LETHE_HTTP__PROT: '1' } }, 'LETHE_HTTP__PROT', 'LETHE_HTTP__PORT'],
    [
      'an unknown option of the embedder',
      { variables: { LETHE_EMBEDDER__MEAN: '[1, 2, 3]' } },
      'embedder.mean',
      '?',
    ],
  ])('%s: the nearest known one is named', (_, options, field, nearest) => {
    const error = refusal(options);
    expect(error).toMatchObject({ code: 'config-invalid', field });
    expect(error.remedy).toContain(nearest);
  });

  it('names the field, the value, where it is set and what it means', () => {
    const file = fileWith('http: {port: 99999}');
    const error = refusal({ file });
    expect(error).toMatchObject({ code: 'config-invalid', field: 'http.port', value: '99999' });
    expect(error.message).toContain(file);
    expect(error.remedy).toContain('0 takes a free one');
  });

  it.each([
    ['that is not there', () => join(folder, 'nowhere.yaml')],
    ['that is no YAML', () => fileWith('a: [')],
    ['that is no mapping', () => fileWith('- a')],
  ])('a file %s', (_, file) => {
    const path = file();
    expect(refusal({ file: path })).toMatchObject({ code: 'config-invalid', field: path });
  });

  it('an environment that there is none of', () => {
    expect(refusal({ environment: '../package' })).toMatchObject({ code: 'config-invalid' });
  });
});

describe('secrets', () => {
  it('come by a variable or by a file that a variable names', () => {
    expect(load({ variables: { LETHE_HTTP__TOKEN: SECRET } }).config.http.token).toBe(SECRET);
    const file = fileWith(`${SECRET}\n`);
    expect(load({ variables: { LETHE_HTTP__TOKEN_FILE: file } }).config.http.token).toBe(SECRET);
  });

  it('are refused in configuration files', () => {
    const error = refusal({ file: fileWith(`http: {token: ${SECRET}}`) });
    expect(error).toMatchObject({ code: 'config-invalid', field: 'http.token' });
    expect(JSON.stringify(error)).not.toContain(SECRET);
  });

  it('are never shown: neither printed nor in errors', () => {
    const { config } = load({ variables: { LETHE_HTTP__TOKEN: SECRET } });
    expect(printConfig(config, { describe: true })).not.toContain(SECRET);
    expect(redacted(config)).toMatchObject({ http: { token: '(secret)' } });
    expect(config.http.token).toBe(SECRET);
    expect(JSON.stringify(refusal({ variables: { LETHE_HTTP__TOKEN: 'short' } }))).not.toContain('short"');
  });
});

describe('the printed configuration', () => {
  it('is a configuration file that says the same', () => {
    const { config } = load();
    expect(load({ file: fileWith(printConfig(config, { describe: true })) }).config).toEqual(config);
  });

  it('says what each field is for, where that is asked', () => {
    const { config } = load();
    expect(printConfig(config, { describe: true })).toContain('# Port. 0 takes a free one.\n  port: 7070');
    expect(printConfig(config, { describe: false })).not.toContain('#');
  });
});
