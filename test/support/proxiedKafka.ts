import type { KafkaService } from '../../scripts/services/kafka.js';
import { freePort } from '../../scripts/services/ports.js';
import { type KafkaProxy, startKafkaProxy } from './kafkaProxy.js';
import { type Own, ownKafka } from './services.js';

/** A broker of one's own that clients reach through a proxy. */
export interface ProxiedKafka {
  readonly proxy: KafkaProxy;
  readonly broker: Own<KafkaService>;
  dispose(): Promise<void>;
}

/**
 * Starts a broker that names a proxy as its address.
 * @param options of the proxy
 * @param settings of the broker, beside that address
 */
export async function proxiedKafka(
  options: Parameters<typeof startKafkaProxy>[0] = {},
  settings: Readonly<Record<string, string | number>> = {},
): Promise<ProxiedKafka> {
  const proxy = await startKafkaProxy(options);
  const [port, controllerPort] = [await freePort(), await freePort()];
  proxy.target = port;
  const broker = await ownKafka({
    port,
    controllerPort,
    settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}`, ...settings },
  });
  const dispose = async (): Promise<void> => {
    await broker.dispose();
    await proxy.close();
  };
  return { proxy, broker, dispose };
}
