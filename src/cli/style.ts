import { styleText } from 'node:util';
import type { CliIo } from './io.js';

type Style = Parameters<typeof styleText>[0];

/** Colours text for standard error if that is a terminal and NO_COLOR is not set. */
export function stylist({ stderr, variables }: CliIo): (style: Style, text: string) => string {
  const colourful = (stderr.isTTY ?? false) && !variables.NO_COLOR;
  return (style, text) => (colourful ? styleText(style, text) : text);
}
