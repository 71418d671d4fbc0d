import type { ReasonCode } from './errors.js';

/** Why the gateway does not admit a request; only its responses carry these codes. */
export const ACCESS_CODES = ['token-needed', 'foreign-origin', 'not-local', 'unknown-host'] as const;
export type AccessCode = (typeof ACCESS_CODES)[number];

/** The entry of the error catalogue for one code. */
export interface ReasonDescription {
  /** What is wrong, as one sentence. */
  readonly meaning: string;
  /** What the user can do in general; the remedy of a single error is more specific. */
  readonly action: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retry: 'yes' | 'no' | 'sometimes';
}

/** Every reason code with its description; `npm run docs:reference` writes it to docs/errors.md. */
export const ERROR_CATALOGUE: Readonly<Record<ReasonCode, ReasonDescription>> = {
  'invalid-message': {
    meaning: 'A message, a request or an argument does not match its schema.',
    action:
      'Correct the field that the error names. The contracts in docs/asyncapi describe every message and header.',
    retry: 'no',
  },
  'unknown-command': {
    meaning: 'The command has no kind, or a kind that Lethe does not know.',
    action: 'Send one of the kinds that the remedy lists.',
    retry: 'no',
  },
  'unknown-class': {
    meaning: 'The registry, the model or the task does not know the class.',
    action:
      'Check the spelling with `lethe status`. Name every class of a sample in the learn command of its task.',
    retry: 'no',
  },
  'class-known': {
    meaning: 'The class is being learned, or was learned already. Lethe learns a class once.',
    action: 'Remove the class from the command. To replace its data, erase the class first.',
    retry: 'no',
  },
  'class-not-learned': {
    meaning: 'The command needs a class in another state.',
    action: 'See `lethe status` for the state. docs/states.md lists what each command accepts.',
    retry: 'no',
  },
  'class-unlearned': {
    meaning: 'The class was unlearned, so Lethe accepts no new samples and no learn command for it.',
    action: 'Send `relearn` to restore the class, or `erase` to learn it again from new samples.',
    retry: 'no',
  },
  'sample-unlearned': {
    meaning: 'The sample was unlearned by its id or subject, and must not be stored again.',
    action: 'Nothing. Give a different sample a different id.',
    retry: 'no',
  },
  'class-erased': {
    meaning: 'The class was erased; none of its vectors is left.',
    action: 'To learn it again, send a learn command and new samples.',
    retry: 'no',
  },
  'class-erasing': {
    meaning: 'The class is being erased.',
    action: 'Wait for the event `erased`, then send the command again under a new id.',
    retry: 'no',
  },
  'unknown-worker': {
    meaning: 'A command names a worker that Lethe does not know.',
    action: 'Use the ids that `lethe workers` lists.',
    retry: 'no',
  },
  'not-erased': {
    meaning:
      'Lethe cannot certify the erasure: parts of the class remain, or the audit chain does not confirm it.',
    action: 'Run `lethe erase`, wait for the event `erased`, and request the certificate again.',
    retry: 'sometimes',
  },
  'ambiguous-vote': {
    meaning: 'The examples of an unlearn command do not point clearly to one class.',
    action: 'Send more or clearer examples of one class, or name the class.',
    retry: 'no',
  },
  'wrong-dimension': {
    meaning: 'A vector does not have as many components as the embedder of this deployment.',
    action: 'Send vectors of the dimension that the remedy names, from the same embedder.',
    retry: 'no',
  },
  'invalid-vector': {
    meaning: 'A vector is not usable: not finite, all zeros, or not an array of float32 numbers.',
    action: 'Check the embedding for a division by zero or an overflow.',
    retry: 'no',
  },
  'empty-payload': {
    meaning: 'The message or the file has no content.',
    action: 'Send the image, the text, the vector or the command as the value.',
    retry: 'no',
  },
  'unsupported-format': {
    meaning:
      'Lethe cannot read this content type or image format, or the embedder of this deployment takes other inputs.',
    action: 'Send what the remedy names, and declare the type that the bytes really have.',
    retry: 'no',
  },
  'image-too-large': {
    meaning: 'The image or the message exceeds a limit of bytes or pixels.',
    action: 'Send a smaller one, or raise the limit that the error names.',
    retry: 'no',
  },
  'image-corrupt': {
    meaning: 'The image cannot be decoded.',
    action: 'Check that the file is complete: it may have been cut off or changed on its way.',
    retry: 'no',
  },
  'text-too-large': {
    meaning: 'The text exceeds the limit `limits.textBytes`.',
    action: 'Send a shorter text, or a part of it. Or raise the limit.',
    retry: 'no',
  },
  'invalid-text': {
    meaning: 'The text is not valid UTF-8, or has no visible character.',
    action: 'Send the text in UTF-8.',
    retry: 'no',
  },
  'duplicate-id': {
    meaning: 'The id or the name already belongs to another sample or task.',
    action: 'Give every sample its own id and every task its own name.',
    retry: 'no',
  },
  'task-timeout': {
    meaning: 'Not all announced samples of a task arrived within `learning.taskTimeoutSeconds`.',
    action: 'Send the missing samples, then the learn command under a new id.',
    retry: 'no',
  },
  'training-failed': {
    meaning: 'A training did not produce a model.',
    action: 'Follow the remedy. Lethe repeats a training whose process was killed.',
    retry: 'sometimes',
  },
  'rebuild-refused': {
    meaning:
      'The model that was rebuilt for an erasure is worse on the remaining classes than `unlearning.rebuild.margin` allows, or no class would remain.',
    action: 'Raise the margin or train longer (`learning.ssre`), then send the erase command under a new id.',
    retry: 'no',
  },
  'no-model': {
    meaning: 'There is no model, or no learned class is left to answer with.',
    action: 'Learn a task or relearn a class, then replay the dead letters (`lethe dead-letters replay`).',
    retry: 'yes',
  },
  'checkpoint-corrupt': {
    meaning: 'A file of a stored model is missing, damaged or of another format.',
    action: 'Restore the checkpoint from a backup, or delete it and learn its task again.',
    retry: 'no',
  },
  'embedder-invalid': {
    meaning: 'The embedder cannot be used as it is described, or does not give usable vectors.',
    action: 'Correct the description under `embedder` in the settings.',
    retry: 'no',
  },
  'config-invalid': {
    meaning:
      'A setting is wrong, missing or not allowed. Also: Kafka or Redis is not set up as Lethe needs it.',
    action: 'Correct the field that the error names. `lethe config print --describe` explains every field.',
    retry: 'no',
  },
  'learner-replaced': {
    meaning: 'Another worker has become the learner of this model.',
    action:
      'Start this worker again: it stands by. If it was only slow, raise `worker.leaseMs` for all learners.',
    retry: 'yes',
  },
  'download-corrupt': {
    meaning: 'Downloaded or bundled data is damaged: it does not match its hash or its format.',
    action: 'Download it again.',
    retry: 'sometimes',
  },
  'disk-full': {
    meaning: 'A disk is full or not writable.',
    action: 'Free space, or make the folder writable. A worker retries automatically.',
    retry: 'yes',
  },
  'records-lost': {
    meaning: 'Kafka deleted records before Lethe read them.',
    action:
      'Send lost commands again, then run `lethe topics accept-loss`. The runbook of `LetheRecordsLost` says how.',
    retry: 'yes',
  },
  'backend-unavailable': {
    meaning:
      'Something that Lethe needs is missing or does not work: TensorFlow, the embedder, an optional package, Redis or the ' +
      'data in it.',
    action: 'Install or repair the part that the error names. A running worker retries automatically.',
    retry: 'sometimes',
  },
  overloaded: {
    meaning: 'Lethe is not ready, or a limit of requests, streams or bytes in flight is reached.',
    action:
      'Send the same request again later; `retry-after` says when. Or raise the limit that the error names.',
    retry: 'yes',
  },
  unreachable: {
    meaning: 'Lethe, Kafka, Redis or another service cannot be reached, or ended meanwhile.',
    action: 'Check that it runs and that the address and the token are right.',
    retry: 'sometimes',
  },
  'timed-out': {
    meaning: 'No answer came in time.',
    action:
      'See `/readyz` for what the worker waits for. Whatever was sent stays in the topics and is carried out later.',
    retry: 'yes',
  },
  'audit-broken': {
    meaning: 'The audit chain, or a signature in it, does not verify.',
    action:
      'Compare the chain with an earlier export or certificate. Find out who else may write to the audit topic.',
    retry: 'no',
  },
  internal: {
    meaning: 'Lethe failed unexpectedly.',
    action: 'Report it with the log lines around it.',
    retry: 'sometimes',
  },
};

/** Every code of {@link AccessCode}, as in {@link ERROR_CATALOGUE}. */
export const ACCESS_CATALOGUE: Readonly<Record<AccessCode, ReasonDescription>> = {
  'token-needed': {
    meaning: 'The gateway requires a token, and the request has none or a wrong one.',
    action:
      'Send `authorization: Bearer <token>`. The command line takes the token from `LETHE_HTTP__TOKEN`.',
    retry: 'no',
  },
  'foreign-origin': {
    meaning: 'A browser sent the request for a page of another site.',
    action:
      'Use the console of this worker. Programs send commands to `/v1/commands` without an `Origin` header.',
    retry: 'no',
  },
  'not-local': {
    meaning: 'The gateway has no token, so it serves only its own machine.',
    action: 'Use `http://127.0.0.1` or `http://localhost` on that machine, or set a token.',
    retry: 'no',
  },
  'unknown-host': {
    meaning: 'The `Host` header names a host that the worker does not accept for metrics and health.',
    action: 'Use an IP address, or add the name to `http.hosts`.',
    retry: 'no',
  },
};

/** Where the catalogue explains a code; errors that people and programs read refer to it. */
export function helpOf(code: ReasonCode | AccessCode): string {
  return `docs/errors.md#${code}`;
}
