// Dragging with the right button, with Shift, or with one finger moves the spectrum along.

import type { Viewer } from "../viewer.ts";

/** Whether a press of the mouse starts a pan (and so no box). */
export const startsPan = (event: MouseEvent): boolean => event.button === 2 || (event.button === 0 && event.shiftKey);

export function dragPan(viewer: Viewer): void {
  const over = viewer.plot.u.over;
  let pointer: number | null = null;
  let moved = false;
  let last = 0;
  const fingers = new Set<number>();

  over.addEventListener("contextmenu", (event) => event.preventDefault());
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") fingers.add(event.pointerId);
    const starts = event.pointerType === "touch" ? fingers.size === 1 : startsPan(event);
    pointer = starts ? event.pointerId : null; // a second finger is a pinch
    moved = false;
    last = event.clientX;
    if (starts) {
      over.setPointerCapture(event.pointerId);
      viewer.element.classList.add("panning");
    }
  });
  over.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const step = event.clientX - last;
    if (step === 0 || (!moved && Math.abs(step) < 3)) return;
    viewer.pan(-step * viewer.hzPerPixel, !moved);
    moved = true;
    last = event.clientX;
  });
  const end = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (event.pointerId !== pointer) return;
    pointer = null;
    viewer.element.classList.remove("panning");
  };
  over.addEventListener("pointerup", end);
  over.addEventListener("pointercancel", end);
}
