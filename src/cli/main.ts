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

/** A command that is done ends at once; what it left open (a client of Kafka amid its retries) must not keep the process. */
const LEFT_OPEN_MS = 3000;
setInterval(() => {
  // Who reads slowly, as a pager does, still gets the whole.
  if (stdout.writableLength === 0 && stderr.writableLength === 0) process.exit();
}, LEFT_OPEN_MS).unref();
