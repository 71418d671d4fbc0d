import { isUtf8 } from 'node:buffer';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LetheError } from '../domain/errors.js';
import { isJsonLinesFile } from './fileType.js';
import { refused, unreadable } from './imageFile.js';
import { readInputFile } from './inputFile.js';
import type { FoundInput, InputLimits } from './inputItem.js';
import { readJsonLinesFile } from './jsonLines.js';

/**
 * The inputs at `path`, one after the other, files read as they are asked for:
 * - a folder `<label>/<file>`; files directly in it have no label; hidden ones are passed over,
 * - one image or text file, without a label,
 * - a JSON-lines file (`.jsonl`), see {@link readJsonLines}.
 *
 * What can't be sent is among them, each with its reason: files that are no image (or text) by their content, empty ones, what can't be
 * read, folders nested deeper, empty folders. Sending the same folder again sends the same ids, see {@link contentId}.
 * @throws LetheError where nothing at all is at `path`, or one file that can't be sent
 */
export async function* readInputs(path: string, limits: InputLimits): AsyncGenerator<FoundInput> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (found.isDirectory()) yield* readFolder(path, limits);
  else if (isJsonLinesFile(path)) yield* readJsonLinesFile(path, limits);
  else {
    const file = await readInputFile(path, basename(path), limits);
    yield { item: { ...file, place: path, kind: 'file' } };
  }
}

async function* readFolder(folder: string, limits: InputLimits): AsyncGenerator<FoundInput> {
  const entries = await entriesOf(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause);
  });
  if (entries.length === 0) {
    throw refused(
      folder,
      'invalid-message',
      'the folder is empty',
      'Use the layout <label>/<file>. Queries may be directly in the folder.',
    );
  }
  for (const name of entries) {
    const path = join(folder, name.text);
    if (!name.valid) yield unnameable(path, undefined);
    else if (await isFolder(path)) yield* readClass(path, name.text, limits);
    else yield await fileAt(path, name.text, undefined, limits);
  }
}

async function* readClass(folder: string, label: string, limits: InputLimits): AsyncGenerator<FoundInput> {
  let names: Name[];
  try {
    names = await entriesOf(folder);
  } catch (cause) {
    yield unusable(folder, label, unreadable(folder, cause));
    return;
  }
  if (names.length === 0)
    yield unusable(
      folder,
      label,
      refused(folder, 'invalid-message', 'the folder is empty', 'Fill or remove it.'),
    );
  for (const { text, valid } of names) {
    const path = join(folder, text);
    yield valid ? await fileAt(path, `${label}/${text}`, label, limits) : unnameable(path, label);
  }
}

interface Name {
  readonly text: string;
  /** Whether the text names the file: bytes that are no UTF-8 have no text. */
  readonly valid: boolean;
}

/** The entries that are not hidden, in the order of their names, which is the same on every machine. */
async function entriesOf(folder: string): Promise<Name[]> {
  const names = await readdir(folder, { encoding: 'buffer' });
  return names
    .map((name) => ({ text: name.toString(), valid: isUtf8(name) }))
    .filter(({ text }) => !text.startsWith('.'))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** An entry that cannot be inspected counts as a file. */
function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function fileAt(
  path: string,
  place: string,
  label: string | undefined,
  limits: InputLimits,
): Promise<FoundInput> {
  try {
    const file = await readInputFile(path, place, limits);
    return { item: { ...file, place: path, kind: 'file', ...(label !== undefined && { label }) } };
  } catch (cause) {
    return unusable(path, label, unreadable(path, cause));
  }
}

function unnameable(path: string, label: string | undefined): FoundInput {
  const error = refused(path, 'invalid-message', 'its name is not UTF-8', 'Rename it.');
  return unusable(path, label, error);
}

function unusable(place: string, label: string | undefined, error: LetheError): FoundInput {
  return { unusable: { place, kind: 'file', error, ...(label !== undefined && { label }) } };
}
