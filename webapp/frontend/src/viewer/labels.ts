// Where the labels of lines stand: in a strip above the data, in rows, never over one another. Pure.

export interface Label {
  readonly at: number; // pixel of the line
  readonly size: number; // pixels that the text takes
}

export interface Placed {
  readonly left: number;
  readonly row: number;
}

/**
 * A place for every label that fits between `from` and `to`, the first ones having the first choice; null for a
 * label for which there is no room.
 */
export function place(labels: readonly Label[], from: number, to: number, rows: number, gap = 8): (Placed | null)[] {
  const taken: { left: number; right: number }[][] = Array.from({ length: rows }, () => []);
  return labels.map((label) => {
    if (label.at < from || label.at > to || label.size > to - from) return null;
    const left = Math.min(Math.max(label.at - label.size / 2, from), to - label.size);
    const right = left + label.size;
    for (let row = 0; row < rows; row++) {
      const inRow = taken[row] as { left: number; right: number }[];
      if (inRow.every((other) => right + gap <= other.left || left >= other.right + gap)) {
        inRow.push({ left, right });
        return { left, row };
      }
    }
    return null;
  });
}
