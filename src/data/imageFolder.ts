import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LetheError } from '../domain/errors.js';
import { contentId } from './contentId.js';
import { imageTypeOf, isImageFile, isJsonLinesFile } from './fileType.js';
import type { InputItem } from './inputItem.js';
import { readJsonLinesFile } from './jsonLines.js';

/**
 * The inputs at `path`, one after the other, files read as they are asked for:
 * - a folder `<label>/<file>`; files directly in it have no label; other files and hidden ones are passed over,
 * - one image file, without a label,
 * - a JSON-lines file (`.jsonl`), see {@link readJsonLines}.
 *
 * Sending the same folder again sends the same ids, see {@link contentId}.
 * @throws LetheError `invalid-message` where nothing usable is at `path`, `unsupported-format` for another kind of file
 */
export async function* readInputs(path: string): AsyncGenerator<InputItem> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unusable(path, 'there is no such file or folder', 'Check the path.', cause);
  });
  if (found.isDirectory()) yield* readFolder(path);
  else if (isJsonLinesFile(path)) yield* readJsonLinesFile(path);
  else yield await imageAt(path, basename(path), undefined);
}

async function* readFolder(folder: string): AsyncGenerator<InputItem> {
  let images = 0;
  for (const entry of await visibleEntries(folder)) {
    const path = join(folder, entry);
    if ((await stat(path)).isDirectory()) {
      for (const file of (await visibleEntries(path)).filter(isImageFile)) {
        images++;
        yield await imageAt(join(path, file), `${entry}/${file}`, entry);
      }
    } else if (isImageFile(entry)) {
      images++;
      yield await imageAt(path, entry, undefined);
    }
  }
  if (images > 0) return;
  throw unusable(
    folder,
    'the folder has no image',
    'Lay it out as <label>/<file>.png, .jpg or .webp; queries may lie in it directly.',
  );
}

/** In the order of their names, which is the same on every machine. */
async function visibleEntries(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
}

async function imageAt(path: string, place: string, label: string | undefined): Promise<InputItem> {
  const contentType = imageTypeOf(path);
  const bytes = await readFile(path);
  return {
    id: contentId(place, bytes),
    payload: { kind: 'image', contentType, bytes },
    ...(label === undefined ? {} : { label }),
  };
}

function unusable(path: string, message: string, remedy: string, cause?: unknown): LetheError {
  return new LetheError('invalid-message', `${path}: ${message}`, {
    field: 'path',
    value: path,
    remedy,
    cause,
  });
}
