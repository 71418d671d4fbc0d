import { errorsPage } from './errors.js';
import { settingsPage } from './settings.js';

/** Every generated page of reference, and the function that gives its text. */
export const REFERENCE_PAGES = [
  { file: new URL('../../docs/errors.md', import.meta.url), text: errorsPage },
  { file: new URL('../../docs/settings.md', import.meta.url), text: settingsPage },
] as const;
