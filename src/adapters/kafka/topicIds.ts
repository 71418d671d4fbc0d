import { createRequire } from 'node:module';

/** What kafkajs needs to write and read messages of Kafka's protocol. */
interface Encoder {
  writeUVarIntBytes(): Encoder;
  writeUVarIntArray(items: readonly Encoder[] | null): Encoder;
  writeUVarIntString(text: string): Encoder;
  writeInt32(value: number): Encoder;
  writeBoolean(value: boolean): Encoder;
}

interface Decoder {
  readTaggedFields(): void;
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readBytes(length: number): Buffer;
  readUVarIntString(): string | null;
  /** Null means none. */
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
}

interface Metadata {
  versions: string[];
  protocol: (options: { readonly version: number }) => unknown;
}

interface Internals {
  readonly Encoder: new () => Encoder;
  readonly Decoder: new (bytes: Buffer) => Decoder;
  readonly definition: Metadata;
  readonly parse: unknown;
}

/** The first version of the request that returns topic ids. */
const WITH_IDS = 10;
/** The last version that kafkajs knows. */
const KNOWN = 6;
const METADATA = 3;
const ID_BYTES = 16;

let asking = false;

/**
 * Adds to kafkajs 2.2.4 the version of the metadata request that returns the id of a topic (KIP-516). A topic that is
 * deleted and created again has the same name and another id: only the id shows for sure that its offsets refer to
 * other records. Clusters before Kafka 2.8 have no ids, and get the old request. This request creates no topics.
 */
export function askForTopicIds(): void {
  if (asking) return;
  asking = true;
  const internals = kafkajsInternals();
  const { definition } = internals;
  const { protocol } = definition;
  definition.versions = [...definition.versions, String(WITH_IDS)];
  definition.protocol = ({ version }) =>
    version === WITH_IDS ? protocolWithIds(internals) : protocol({ version: Math.min(version, KNOWN) });
}

/** The id of a topic, from the metadata of its partitions; `undefined` if the cluster returns none. */
export function topicIdOf(partitions: readonly object[]): string | undefined {
  const [first] = partitions;
  if (!first || !('topicId' in first) || typeof first.topicId !== 'string') return undefined;
  return first.topicId;
}

function kafkajsInternals(): Internals {
  const require = createRequire(import.meta.url);
  return {
    Encoder: require('kafkajs/src/protocol/encoder.js') as Internals['Encoder'],
    Decoder: require('kafkajs/src/protocol/decoder.js') as Internals['Decoder'],
    definition: require('kafkajs/src/protocol/requests/metadata/index.js') as Metadata,
    parse: (require('kafkajs/src/protocol/requests/metadata/v6/response.js') as { readonly parse: unknown })
      .parse,
  };
}

function protocolWithIds({ Encoder, Decoder, parse }: Internals) {
  const topic = (name: string): Encoder => {
    const noId = new Encoder().writeInt32(0).writeInt32(0).writeInt32(0).writeInt32(0);
    return noId.writeUVarIntString(name).writeUVarIntBytes();
  };
  return ({ topics }: { readonly topics: readonly string[] }) => ({
    request: {
      apiKey: METADATA,
      apiVersion: WITH_IDS,
      apiName: 'Metadata',
      encode: async () =>
        new Encoder()
          .writeUVarIntBytes()
          .writeUVarIntArray(topics.length === 0 ? null : topics.map(topic))
          .writeBoolean(false)
          .writeBoolean(false)
          .writeBoolean(false)
          .writeUVarIntBytes(),
    },
    response: { decode: async (bytes: Buffer) => decoded(new Decoder(bytes)), parse },
  });
}

/**
 * Metadata Response (Version: 10) => TAGS throttle_time_ms [brokers] cluster_id controller_id [topics]
 * cluster_authorized_operations TAGS
 */
function decoded(decoder: Decoder) {
  decoder.readTaggedFields();
  return {
    throttleTime: 0,
    clientSideThrottleTime: decoder.readInt32(),
    brokers: decoder.readUVarIntArray(broker) ?? [],
    clusterId: decoder.readUVarIntString(),
    controllerId: decoder.readInt32(),
    topicMetadata: decoder.readUVarIntArray(topicMetadata) ?? [],
  };
}

function broker(decoder: Decoder) {
  const read = {
    nodeId: decoder.readInt32(),
    host: decoder.readUVarIntString(),
    port: decoder.readInt32(),
    rack: decoder.readUVarIntString(),
  };
  decoder.readTaggedFields();
  return read;
}

function topicMetadata(decoder: Decoder) {
  const head = { topicErrorCode: decoder.readInt16(), topic: decoder.readUVarIntString() };
  const topicId = decoder.readBytes(ID_BYTES).toString('hex');
  const isInternal = decoder.readBoolean();
  // Where kafkajs's admin client hands them on.
  const partitions = decoder.readUVarIntArray(partition) ?? [];
  const partitionMetadata = partitions.map((each) => ({ ...each, topicId }));
  decoder.readInt32();
  decoder.readTaggedFields();
  return { ...head, isInternal, partitionMetadata };
}

function partition(decoder: Decoder) {
  const nodes = (): number[] => decoder.readUVarIntArray((of) => of.readInt32()) ?? [];
  const read = {
    partitionErrorCode: decoder.readInt16(),
    partitionId: decoder.readInt32(),
    leader: decoder.readInt32(),
    leaderEpoch: decoder.readInt32(),
    replicas: nodes(),
    isr: nodes(),
    offlineReplicas: nodes(),
  };
  decoder.readTaggedFields();
  return read;
}
