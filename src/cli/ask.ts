import { Command } from 'commander';
import { answerLine } from './answerLine.js';
import { askAll, noteUnanswered, refuseUnanswered, type Unanswered } from './asking.js';
import { type ConnectionOptions, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

/** `lethe ask`: questions and their answers, in order. */
export function askCommand(io: CliIo): Command {
  return withConnection(new Command('ask'))
    .description('ask a running Lethe what inputs are, and print the answers')
    .argument('<inputs...>', 'images, folders, .jsonl files, or - for JSON lines on standard input')
    .addHelpText(
      'after',
      `
The answers come in the order of the inputs. The command names inputs that got none, and ends with exit code 1. --timeout is
the time that one answer may take.

Examples:
  $ lethe ask photo.jpg
  $ lethe ask *.png --json | jq -r .label
  $ echo '{"vector": [0.1, 0.2]}' | lethe ask -`,
    )
    .action((inputs: string[], options: ConnectionOptions) => ask(inputs, options, io));
}

async function ask(inputs: readonly string[], options: ConnectionOptions, io: CliIo): Promise<void> {
  const unanswered: Unanswered[] = [];
  let count = 0;
  for await (const asked of askAll(inputs, options, io)) {
    count++;
    if ('error' in asked) {
      unanswered.push(asked);
      noteUnanswered(asked, options, io);
    } else {
      const { place, prediction } = asked;
      writeResult(io, options.json, prediction, `${place}  ${answerLine(prediction)}`);
    }
  }
  refuseUnanswered(unanswered, count);
}
