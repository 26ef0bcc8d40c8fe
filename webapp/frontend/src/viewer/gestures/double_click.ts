// A double click steps back to what was shown before.

import type { Viewer } from "../viewer.ts";

export function doubleClickBack(viewer: Viewer): void {
  viewer.plot.u.over.addEventListener("dblclick", () => viewer.back());
}
