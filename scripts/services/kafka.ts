import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selfSigned } from './certificate.js';
import { execute } from './commands.js';
import { java } from './java.js';
import { provisionKafka } from './kafkaJars.js';
import { freePort } from './ports.js';
import { launch, type ProcessHandle } from './processHandle.js';

/** How to start a Kafka broker. */
export interface KafkaOptions {
  /** Holds its data, settings and log; used again where it exists. */
  readonly folder: string;
  /** A free one by default. */
  readonly port?: number;
  /** A free one by default. */
  readonly controllerPort?: number;
  /** Settings of `server.properties`, over those that are chosen here. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Password by user. A second listener asks for them by PLAIN or SCRAM; SCRAM knows those of the first start. */
  readonly sasl?: Readonly<Record<string, string>>;
  /** Whether a further listener speaks TLS. */
  readonly tls?: boolean;
  /** Whether it outlives this process and is tuned to run for long. Otherwise it is tuned to start fast. */
  readonly daemon?: boolean;
}

/** A Kafka broker that runs on 127.0.0.1. */
export interface KafkaService extends ProcessHandle {
  /** `127.0.0.1:port`, without authentication. */
  readonly brokers: string;
  readonly port: number;
  readonly folder: string;
  /** With `sasl`: the address that asks for a user. */
  readonly saslBrokers?: string;
  /** With `tls`: the address that speaks TLS, and the PEM file of the CA to trust. */
  readonly sslBrokers?: string;
  readonly ca?: string;
}

type Settings = Record<string, string | number | boolean>;

/** One broker has no other to replicate to; few partitions of Kafka's own topics make it start fast. */
const SINGLE_NODE: Settings = {
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,SSL:SSL',
  'num.partitions': 1,
  'auto.create.topics.enable': false,
  'default.replication.factor': 1,
  'min.insync.replicas': 1,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 1,
  'group.initial.rebalance.delay.ms': 0,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
  // After a kill the controller waits this long for the broker that was, before it lets in the one that is.
  'broker.session.timeout.ms': 2000,
  'broker.heartbeat.interval.ms': 500,
  'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
};

const LOG4J = `<Configuration status="ERROR">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c{1})%n"/></Console></Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
    <Logger name="kafka.coordinator.transaction.TransactionMarkerChannelManager" level="INFO"/>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`;

/**
 * Starts a real Kafka broker (KRaft, one node) on 127.0.0.1 and waits until it is ready.
 *
 * @throws where Kafka can't be had here, or it does not start: the error carries the end of its log.
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaService> {
  const jars = await provisionKafka();
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const controllerPort = options.controllerPort ?? (await freePort());
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`];
  const settings: Settings = { ...SINGLE_NODE, 'log.dirs': join(folder, 'data') };
  const extras: { saslBrokers?: string; sslBrokers?: string; ca?: string } = {};
  if (options.sasl) {
    extras.saslBrokers = `127.0.0.1:${await freePort()}`;
    listeners.push(`SASL://${extras.saslBrokers}`);
    Object.assign(settings, saslSettings(options.sasl));
  }
  if (options.tls) {
    const pem = await selfSigned(folder);
    extras.sslBrokers = `127.0.0.1:${await freePort()}`;
    extras.ca = pem.certificate;
    listeners.push(`SSL://${extras.sslBrokers}`);
    Object.assign(settings, { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': pem.both });
  }
  settings['advertised.listeners'] = listeners.join(',');
  settings.listeners = [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(',');
  settings['controller.quorum.bootstrap.servers'] = `127.0.0.1:${controllerPort}`;
  const properties = join(folder, 'server.properties');
  await writeFile(properties, propertiesText({ ...settings, ...options.settings }), { mode: 0o600 });
  await writeFile(join(folder, 'log4j2.xml'), LOG4J);
  await format(jars, folder, properties, options.sasl ?? {});

  const tuning = options.daemon ? ['-Xmx384m'] : FAST_START;
  const handle = await launch({
    name: 'Kafka',
    program: java(),
    args: [
      ...tuning,
      `-Dlog4j2.configurationFile=${join(folder, 'log4j2.xml')}`,
      ...['-cp', join(jars, '*')],
      ...['kafka.Kafka', properties],
    ],
    logFile: join(folder, 'kafka.log'),
    readyLine: 'Kafka Server started',
    port,
    outlives: options.daemon ?? false,
    pidFile: join(folder, 'process.json'),
  });
  return Object.assign(handle, { brokers: `127.0.0.1:${port}`, port, folder, ...extras });
}

const FAST_START = ['-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

function propertiesText(settings: Settings): string {
  const escaped = (value: string | number | boolean) => String(value).replaceAll('\\', '\\\\');
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}

function saslSettings(users: Readonly<Record<string, string>>): Settings {
  const module = 'org.apache.kafka.common.security';
  const known = Object.entries(users).map(
    ([name, password]) => ` user_${name}="${password.replaceAll(/["\\]/g, '\\$&')}"`,
  );
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
    'listener.name.sasl.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required${known.join('')};`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
  };
}

/** Makes the data folder where it is missing; what a broken off attempt left is made anew. */
async function format(
  jars: string,
  folder: string,
  properties: string,
  users: Readonly<Record<string, string>>,
): Promise<void> {
  const data = join(folder, 'data');
  if (existsSync(join(data, 'meta.properties'))) return;
  await rm(data, { recursive: true, force: true });
  const scram = Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-256=[name=${name},password=${password}]`,
  ]);
  // An id is 16 bytes; one whose text began with a dash would be taken for a flag.
  const id = Buffer.from(`lethe-${randomBytes(5).toString('hex')}`).toString('base64url');
  await execute(java(), [
    ...[...FAST_START, '-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format', '--standalone'],
    ...['-t', id, '-c', properties, ...scram],
  ]);
}
