// Choosing a line in the table shows it in the plot. The rows stay ordinary rows: the keyboard has "L" in the plot.

import { around } from "./view.ts";
import type { Viewer } from "./viewer.ts";

/** Line widths on the screen when a line is chosen. */
const WIDTHS = 30;
const LEAST_HZ = 4000;

export function lineTable(viewer: Viewer): void {
  const rows = [...document.querySelectorAll<HTMLTableRowElement>("tr[data-line-hz]")];
  for (const row of rows) {
    row.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("a, button")) return;
      for (const other of rows) other.classList.toggle("chosen", other === row);
      const hz = Number(row.dataset["lineHz"]);
      const line = viewer.data.lines.find((one) => Math.abs(one.frequencyHz - hz) < 1);
      const size = Math.max(LEAST_HZ, WIDTHS * (line?.fwhmHz ?? 0));
      viewer.goTo({ x: around(hz, size, viewer.full), y: null });
      viewer.element.scrollIntoView({ block: "nearest" });
    });
  }
}
