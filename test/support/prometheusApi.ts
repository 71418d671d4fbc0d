import { z } from 'zod';

const value = z.tuple([z.number(), z.string()]);
const responseSchema = z.union([
  z.object({
    status: z.literal('success'),
    data: z.object({
      result: z.array(
        z.object({
          metric: z.record(z.string(), z.string()),
          value: value.optional(),
          values: z.array(value).optional(),
        }),
      ),
    }),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

/** One series of an answer: its labels, and its values over time or the one of now; NaN left out. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** Asks a Prometheus as Grafana does. */
export class PrometheusApi {
  constructor(private readonly url: string) {}

  /** @throws what Prometheus says of an expression that is none */
  now(expression: string): Promise<Series[]> {
    return this.#ask('query', { query: expression });
  }

  /** From `start` on (seconds since the epoch), every `step` seconds. */
  since(start: number, expression: string, step = 1): Promise<Series[]> {
    const end = String(Date.now() / 1000);
    return this.#ask('query_range', { query: expression, start: String(start), end, step: String(step) });
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<Series[]> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const answer = responseSchema.parse(await response.json());
    if (answer.status === 'error') throw new Error(`${parameters.query}: ${answer.error}`);
    return answer.data.result
      .map(({ metric, value: newest, values = newest ? [newest] : [] }) => ({
        labels: metric,
        values: values.map(([, text]) => Number(text)).filter((number) => !Number.isNaN(number)),
      }))
      .filter(({ values }) => values.length > 0);
  }
}
