/** Asks about every test image over HTTP, and counts right answers as they come: see examples/README.md. */
import { join } from 'node:path';
import { createHttpClient } from 'lethe-client/http';
import { imagesIn } from './images.js';

const [folder = 'animals'] = process.argv.slice(2);
const token = process.env.LETHE_TOKEN;
const lethe = createHttpClient({
  url: process.env.LETHE_URL ?? 'http://127.0.0.1:7070',
  ...(token !== undefined && { token }),
});
try {
  const questions = (await imagesIn(join(folder, 'test'))).map(({ label, payload }) => ({
    payload,
    truth: label,
  }));
  let [right, asked] = [0, 0];
  for await (const answer of lethe.askAll(questions, { concurrency: 16, timeoutMs: 30_000 })) {
    if ('error' in answer) throw answer.error;
    const { label, truth } = answer.prediction;
    right += Number(label === truth);
    asked++;
  }
  console.log(`${right} of ${asked} right`);
} finally {
  await lethe.close();
}
