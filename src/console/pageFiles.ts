import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
  readonly etag: string;
}

/** Built by `npm run build`; the same place from the sources and from the build. */
const FOLDER = new URL('../../dist/console/page/', import.meta.url);
const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

/** The files of the page by name; null if it was not built. */
export function readPageFiles(): ReadonlyMap<string, PageFile> | null {
  try {
    return new Map(
      Object.entries(TYPES).map(([name, type]) => {
        const body = readFileSync(new URL(name, FOLDER), 'utf8');
        const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
        return [name, { type, body, etag }];
      }),
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
