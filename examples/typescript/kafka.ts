/** Learns a folder of images over Kafka, asks, forgets a class and brings it back: see examples/README.md. */
import { join } from 'node:path';
import { createKafkaClient, LetheError } from 'lethe-client/kafka';
import { imagesIn } from './images.js';

const [folder = 'animals'] = process.argv.slice(2);
const lethe = await createKafkaClient({
  brokers: [process.env.KAFKA ?? '127.0.0.1:9092'],
  topicPrefix: process.env.LETHE_PREFIX ?? 'lethe.',
  modelName: process.env.LETHE_MODEL ?? 'main',
  actor: 'examples/typescript/kafka.ts',
});
try {
  const learned = await lethe.learn('animals', await imagesIn(join(folder, 'train')));
  console.log('learned:', learned.kind);

  const dogs = (await imagesIn(join(folder, 'test'))).filter(({ label }) => label === 'dog');
  const labels = async (): Promise<(string | null)[]> => {
    const answers = await Promise.all(dogs.map(({ payload, label }) => lethe.ask({ payload, truth: label })));
    return answers.map(({ label }) => label);
  };
  console.log('dogs are called:', ...(await labels()));

  const forgotten = await lethe.unlearn({ classes: ['dog'] });
  console.log('forgotten:', JSON.stringify(forgotten));
  console.log('dogs are called now:', ...(await labels()));

  await lethe.relearn(['dog']);
  await lethe.relearn(['horse']).catch((error: unknown) => {
    if (!(error instanceof LetheError)) throw error;
    console.log(`refused: ${error.code}: ${error.message}`);
  });
} finally {
  await lethe.close();
}
