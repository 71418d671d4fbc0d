import { Command } from 'commander';
import { ChainVerifier } from '../domain/auditChain.js';
import { storyOf } from '../domain/auditStory.js';
import { LetheError } from '../domain/errors.js';
import { certificateCommand } from './auditCertificate.js';
import { chainIn, chainOf, refuseBroken, verifiedChain } from './auditChain.js';
import { type ConnectionOptions, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface VerifyOptions extends ConnectionOptions {
  readonly head?: string;
}

/** `lethe audit`: what was asked for and done, and whether the record of it is whole. */
export function auditCommand(io: CliIo): Command {
  return new Command('audit')
    .description('what was asked for and done: a chain of records in which no byte can be changed unseen')
    .addCommand(verifyCommand(io))
    .addCommand(showCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(certificateCommand(io));
}

function verifyCommand(io: CliIo): Command {
  return withConnection(new Command('verify'))
    .description('check the chain of a running Lethe, or of a file that `lethe audit export` wrote')
    .argument('[file]', 'one record a line')
    .option('--head <hash>', 'hash that the last record must have, e.g. from a certificate')
    .addHelpText('after', '\nExample:\n  $ lethe audit verify')
    .action(async (file: string | undefined, options: VerifyOptions) => {
      const verifier = new ChainVerifier();
      for await (const record of file === undefined ? chainOf(options, io) : chainIn(file))
        verifier.next(record);
      refuseBroken(verifier);
      const { head } = verifier;
      if (options.head !== undefined && options.head !== head.hash) throw otherHead(options.head, head.hash);
      writeResult(
        io,
        options.json,
        { records: head.length, head: head.hash },
        `${head.length} records, whole; the last has the hash ${head.hash}`,
      );
    });
}

function showCommand(io: CliIo): Command {
  return withConnection(new Command('show'))
    .description('tell what was asked for and done about a class')
    .argument('<class>', 'its name')
    .addHelpText('after', '\nExample:\n  $ lethe audit show cat')
    .action(async (className: string, options: ConnectionOptions) => {
      const { records, lines } = storyOf(
        className,
        await verifiedChain(options, io).then((chain) => chain.records),
      );
      writeResult(io, options.json, records, lines.join('\n') || `the chain says nothing about ${className}`);
    });
}

function exportCommand(io: CliIo): Command {
  return withConnection(new Command('export'))
    .description(
      'write the chain, one record a line: the bytes of a line without its end have the hash that the next one names',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ lethe audit export > chain.jsonl && lethe audit verify chain.jsonl',
    )
    .action(async (options: ConnectionOptions) => {
      for await (const { value } of chainOf(options, io)) io.stdout.write(`${value.toString('utf8')}\n`);
    });
}

function otherHead(wanted: string, found: string): LetheError {
  return new LetheError('audit-broken', 'the chain does not end where it should', {
    field: 'head',
    value: found,
    remedy: `The last record should have the hash ${wanted}: records were removed, or added since.`,
  });
}
