/** Columns side by side: the first to the left, the others to the right; a row of one cell may be wider than its column. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const full = rows.filter((row) => row.length > 1);
  const widths = (full[0] ?? []).map((_, column) =>
    Math.max(...full.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width + 2);
        })
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
