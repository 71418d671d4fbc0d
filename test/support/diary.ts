/** Writes down what happens, and when. */
export interface Diary {
  tell(what: string): void;
  toString(): string;
}

/** @param show is told each line at once */
export function openDiary(show: (line: string) => void = () => undefined): Diary {
  const began = Date.now();
  const lines: string[] = [];
  return {
    tell: (what) => {
      const line = `${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`;
      lines.push(line);
      show(line);
    },
    toString: () => lines.join('\n'),
  };
}
