import { InvalidArgumentError } from 'commander';

/** Parses the value of an option: a whole number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number, at least 1.');
}

/** Parses the value of an option: a whole number, 0 or more. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('Give a whole number, at least 0.');
}
