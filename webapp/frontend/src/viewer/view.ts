// What part of a spectrum is on the screen, as pure values: ranges, zooming, panning, and the way back.

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** `y` is null while the vertical scale follows the data. */
export interface View {
  readonly x: Range;
  readonly y: Range | null;
}

export const width = (range: Range): number => range.max - range.min;

/** The range moved, and shrunk if it must be, so that it lies within `full`. */
export function within(range: Range, full: Range): Range {
  const size = Math.min(width(range), width(full));
  const min = Math.min(Math.max(range.min, full.min), full.max - size);
  return { min, max: min + size };
}

/** Scaled by `factor` (< 1 zooms in) with the point `at` staying where it is; never narrower than `narrowest`. */
export function zoomed(range: Range, factor: number, at: number, full: Range, narrowest: number): Range {
  const size = Math.min(Math.max(width(range) * factor, narrowest), width(full));
  const fraction = (at - range.min) / width(range);
  return within({ min: at - fraction * size, max: at + (1 - fraction) * size }, full);
}

/** Moved by `shift`, stopping at the ends of `full`. */
export function panned(range: Range, shift: number, full: Range): Range {
  return within({ min: range.min + shift, max: range.max + shift }, full);
}

/** A stretch of `size` around `at`. */
export function around(at: number, size: number, full: Range): Range {
  return within({ min: at - size / 2, max: at + size / 2 }, full);
}

export function sameRange(a: Range | null, b: Range | null): boolean {
  if (a === null || b === null) return a === b;
  const tolerance = 1e-9 * Math.max(width(a), width(b));
  return Math.abs(a.min - b.min) <= tolerance && Math.abs(a.max - b.max) <= tolerance;
}

export function sameView(a: View, b: View): boolean {
  return sameRange(a.x, b.x) && sameRange(a.y, b.y);
}

/** The views that were left by zooming, newest last; bounded, because a wheel makes many. */
export class Trail {
  private readonly views: View[] = [];

  constructor(private readonly longest = 100) {}

  leave(view: View): void {
    const last = this.views[this.views.length - 1];
    if (last && sameView(last, view)) return;
    this.views.push(view);
    if (this.views.length > this.longest) this.views.shift();
  }

  back(): View | null {
    return this.views.pop() ?? null;
  }

  get isEmpty(): boolean {
    return this.views.length === 0;
  }
}
