// The wheel scales around the cursor. At the whole spectrum, turning it further scrolls the page as usual.

import type { Viewer } from "../viewer.ts";

/** A pause of this length ends one gesture: stepping back undoes all of it at once. */
const PAUSE_MS = 400;

export function wheelZoom(viewer: Viewer): void {
  let last = 0;
  const over = viewer.plot.u.over;
  over.addEventListener(
    "wheel",
    (event) => {
      const outward = event.deltaY > 0;
      if (event.deltaY === 0 || (outward && viewer.isWhole && !event.ctrlKey)) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      const factor = Math.exp(Math.max(-1, Math.min(1, event.deltaY * lines * 0.0022)));
      const at = viewer.plot.u.posToVal(event.clientX - over.getBoundingClientRect().left, "x");
      viewer.zoom(factor, at, event.timeStamp - last > PAUSE_MS);
      last = event.timeStamp;
    },
    { passive: false },
  );
}
