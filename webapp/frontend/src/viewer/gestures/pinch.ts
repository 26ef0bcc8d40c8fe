// Two fingers scale and move the spectrum: the frequencies under them stay under them.

import type { Viewer } from "../viewer.ts";
import { width, type Range } from "../view.ts";

/** The range for which the two frequencies `held` lie at the pixels `at` of a plot `pixels` wide. */
export function pinched(held: readonly [number, number], at: readonly [number, number], pixels: number): Range | null {
  const distance = at[1] - at[0];
  if (Math.abs(distance) < 8) return null;
  const hzPerPixel = (held[1] - held[0]) / distance;
  if (!(hzPerPixel > 0)) return null;
  const min = held[0] - at[0] * hzPerPixel;
  return { min, max: min + pixels * hzPerPixel };
}

export function pinchZoom(viewer: Viewer): void {
  const over = viewer.plot.u.over;
  const fingers = new Map<number, number>();
  let held: [number, number] | null = null;
  let first = true;

  const positions = (): [number, number] => {
    const left = over.getBoundingClientRect().left;
    const [a = 0, b = 0] = [...fingers.values()].map((x) => x - left).sort((p, q) => p - q);
    return [a, b];
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size !== 2) return;
    const [a, b] = positions();
    held = [viewer.plot.u.posToVal(a, "x"), viewer.plot.u.posToVal(b, "x")];
    first = true;
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    if (!held || fingers.size !== 2) return;
    const range = pinched(held, positions(), over.clientWidth);
    if (!range || width(range) < viewer.narrowest) return;
    viewer.goTo({ x: range, y: viewer.view.y }, first);
    first = false;
  });
  const end = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    held = null;
  };
  over.addEventListener("pointerup", end);
  over.addEventListener("pointercancel", end);
}
