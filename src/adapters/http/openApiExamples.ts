/** Examples by component; a test validates them against it. */
export const OPENAPI_EXAMPLES = {
  vector: { vector: { value: [0.1, -0.2, 0.3] } },
  batch: {
    batch: {
      value: [
        { id: 'q1', data: [0.1, -0.2, 0.3] },
        { id: 'q3', datacontenttype: 'text/plain', data: 'Where is my parcel?' },
        { id: 'q2', datacontenttype: 'image/png', data_base64: 'iVBORw0KGgo=', truth: 'cat' },
      ],
    },
  },
  command: {
    learn: { value: { kind: 'learn', task: 'animals', classes: ['cat', 'dog'], samples: 400 } },
    unlearn: { value: { kind: 'unlearn', classes: ['cat'] } },
    erase: { value: { kind: 'erase', classes: ['cat'], now: true } },
  },
  accepted: { accepted: { value: { id: 'q1' } } },
  prediction: {
    prediction: {
      value: {
        queryId: 'q1',
        label: 'cat',
        probabilities: [
          { label: 'cat', probability: 0.97 },
          { label: 'dog', probability: 0.03 },
        ],
        route: 'model',
        evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
        modelVersion: 'm1',
        registryVersion: 7,
        latencyMs: 4.2,
      },
    },
  },
  'batch-result': {
    batch: {
      value: {
        results: [
          { id: 'q1' },
          {
            id: 'q2',
            error: {
              code: 'image-corrupt',
              message: 'the image ends early',
              remedy: 'Send the whole file.',
              help: 'docs/errors.md#image-corrupt',
            },
          },
        ],
      },
    },
  },
  'command-result': {
    learned: {
      value: {
        kind: 'task-finished',
        task: 'animals',
        modelVersion: 'm1',
        ms: 5210,
        classes: ['cat', 'dog'],
        samples: 400,
        stored: 399,
        refused: 1,
        refusals: [
          {
            id: 's17',
            label: 'cat',
            code: 'image-corrupt',
            message: 'the image ends early',
            remedy: 'Send the whole file.',
          },
        ],
      },
    },
    unlearned: {
      value: {
        kind: 'unlearned',
        commandId: 'c1',
        by: 'name',
        classes: [{ name: 'cat', moved: 200 }],
        registryVersion: 8,
        ms: 3.1,
      },
    },
  },
  refusal: {
    refusal: {
      value: {
        error: {
          code: 'wrong-dimension',
          message: 'the vector has 384 components',
          field: 'payload.vector',
          value: '384',
          remedy: 'Send vectors of 1280 components, from the embedder of this model.',
          help: 'docs/errors.md#wrong-dimension',
        },
      },
    },
  },
};
