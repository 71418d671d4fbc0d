import type { Command } from '../domain/messages/command.js';
import { normalForm } from '../domain/normalForm.js';

/** The id of a command in the form in which events tell it: as given, or drawn. */
export function commandId(kind: Command['kind'], given: string | undefined): string {
  return given === undefined ? `${kind}-${crypto.randomUUID()}` : normalForm(given);
}
