import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Names the tests that failed first and passed when repeated (`--retry`), so that nobody takes them for sound: each is a defect of
 * the code or of the test. `npm test -- --retry=1 --reporter=default --reporter=./test/support/flakyTests.ts`
 */
export default class FlakyTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const flaky = modules.flatMap((module) => [...module.children.allTests()].filter(isFlaky));
    if (flaky.length === 0) return;
    console.log(`\n${flaky.length} flaky, which failed at first and passed when repeated:`);
    for (const test of flaky) {
      console.log(`  ${test.module.relativeModuleId} > ${test.fullName}`);
      for (const { message } of test.result().errors ?? []) console.log(`    ${message.split('\n')[0]}`);
    }
  }
}

function isFlaky(test: TestCase): boolean {
  return test.diagnostic()?.flaky === true;
}
