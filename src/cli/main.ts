#!/usr/bin/env node
import { runCli } from './program.js';

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr, variables: env });
