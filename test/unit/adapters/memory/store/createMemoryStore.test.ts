import { createMemoryStore } from '../../../../../src/adapters/memory/store/createMemoryStore.js';
import { describeKnowledgeStore } from '../../../../support/contracts/knowledgeStore.contract.js';

describeKnowledgeStore('in memory', {
  create: async (dimension) => createMemoryStore({ dimension }),
  another: async (store) => store,
  propertyRuns: 150,
});
