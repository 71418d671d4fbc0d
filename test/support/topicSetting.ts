import kafkajs, { type Admin } from 'kafkajs';
import { expect } from 'vitest';

/** Sets a topic's setting, and waits until the broker goes by it: `alterConfigs` is answered before. */
export async function setTopic(admin: Admin, topic: string, name: string, value: string): Promise<void> {
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic };
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [{ name, value }] }],
  });
  const known = async (): Promise<string | undefined> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...resource, configNames: [name] }],
    });
    return resources[0]?.configEntries[0]?.configValue;
  };
  await expect.poll(known).toBe(value);
}
