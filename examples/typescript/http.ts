/** Asks about every test image over HTTP, and counts right answers as they come: see examples/README.md. */
import { join } from 'node:path';
import { createHttpClient } from 'lethe/client';
import { from, lastValueFrom, scan } from 'rxjs';
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
  const count = lethe.askAll(from(questions), { concurrency: 16, timeoutMs: 30_000 }).pipe(
    scan(
      ({ right, asked }, answer) => {
        if ('error' in answer) throw answer.error;
        const { label, truth } = answer.prediction;
        return { right: right + Number(label === truth), asked: asked + 1 };
      },
      { right: 0, asked: 0 },
    ),
  );
  const { right, asked } = await lastValueFrom(count);
  console.log(`${right} of ${asked} right`);
} finally {
  await lethe.close();
}
