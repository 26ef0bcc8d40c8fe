// Reduced values as the API sends them: little-endian float32, plain samples or minimum and maximum of pixel columns.

import type { Range } from "./view.ts";

export type Component = "magnitude" | "real" | "imaginary";

export interface Bins {
  readonly kind: "raw" | "minmax";
  readonly x: Float64Array;
  readonly y: Float32Array;
}

/** What is asked for; without a range, the whole spectrum. */
export interface Wanted {
  readonly range: Range | null;
  readonly columns: number;
  readonly component: Component;
}

/** Bins of a response's body and headers. Of a column, the minimum and maximum both stand at its centre. */
export function decode(body: ArrayBuffer, kind: string, x0: number, dx: number): Bins {
  if (kind !== "raw" && kind !== "minmax") throw new Error(`Unknown kind of bins: ${kind}`);
  if (!Number.isFinite(x0) || !(dx > 0) || body.byteLength % 4 !== 0) throw new Error("The spectrum came in a damaged form.");
  const count = body.byteLength / 4;
  const bytes = new DataView(body);
  const x = new Float64Array(count);
  const y = new Float32Array(count);
  const perColumn = kind === "minmax" ? 2 : 1;
  for (let k = 0; k < count; k++) {
    x[k] = x0 + dx * Math.floor(k / perColumn);
    y[k] = bytes.getFloat32(4 * k, true);
  }
  return { kind, x, y };
}

/** Fetch bins; null when there are none yet. */
export async function fetchBins(address: string, wanted: Wanted, signal?: AbortSignal): Promise<Bins | null> {
  const query = new URLSearchParams({ columns: String(wanted.columns), component: wanted.component });
  if (wanted.range) {
    query.set("from_hz", String(wanted.range.min));
    query.set("to_hz", String(wanted.range.max));
  }
  const answer = await fetch(`${address}?${query}`, { credentials: "same-origin", ...(signal ? { signal } : {}) });
  if (answer.status === 204 || answer.status === 404 || answer.status === 409) return null;
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const header = (name: string): string => answer.headers.get(`X-Rasgado-${name}`) ?? "";
  return decode(await answer.arrayBuffer(), header("Kind"), Number(header("X0-Hz")), Number(header("Dx-Hz")));
}

/** The value nearest to a frequency: of a column the one further from zero. */
export function valueAt(bins: Bins, hz: number): number | null {
  const { x, y } = bins;
  if (x.length === 0) return null;
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) <= hz) low = middle;
    else high = middle;
  }
  const nearest = Math.abs((x[low] as number) - hz) <= Math.abs((x[high] as number) - hz) ? low : high;
  if (bins.kind === "raw") return y[nearest] as number;
  const first = nearest - (nearest % 2);
  const lower = y[first] as number;
  const upper = (y[first + 1] ?? lower) as number;
  return Math.abs(upper) >= Math.abs(lower) ? upper : lower;
}
