#!/usr/bin/env node
import { endAtFaults, watchFaults } from './faults.js';
import { runCli } from './program.js';

const { stdin, stdout, stderr, env: variables } = process;
const io = { stdin, stdout, stderr, variables };
const faults = watchFaults(
  process,
  endAtFaults(io, (code) => process.exit(code)),
);
process.exitCode = await runCli(process.argv.slice(2), { ...io, faults });

/** A finished command ends after this time even if something is still open (a client of Kafka that retries). */
const LEFT_OPEN_MS = 3000;
setInterval(() => {
  // Who reads slowly, as a pager does, still gets the whole.
  if (stdout.writableLength === 0 && stderr.writableLength === 0) process.exit();
}, LEFT_OPEN_MS).unref();
