// The quick spectrum of a run: the whole range, redrawn as the measurement goes on, with the lines known now.

import { fetchBins } from "../viewer/bins.ts";
import type { MarkedLine } from "../viewer/lines.ts";
import { Plot } from "../viewer/plot.ts";

export class QuickView {
  private plot: Plot | null = null;
  private busy = false;
  private again = false;

  constructor(private readonly element: HTMLElement) {}

  /** Fetch and draw; while one is on its way, any number of calls make one more. */
  async update(address: string): Promise<void> {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const wanted = { range: null, columns: this.plot?.columns ?? 800, component: "magnitude" as const };
      const bins = await fetchBins(address, wanted);
      if (bins && bins.x.length > 1) {
        const plot = this.makePlot();
        const min = bins.x[0] as number;
        const max = bins.x[bins.x.length - 1] as number;
        plot.appearance.centreHz = (min + max) / 2;
        plot.appearance.lines = shownLines();
        plot.setBins(bins);
        plot.show({ x: { min, max }, y: null });
        this.element.dataset["drawn"] = String(Number(this.element.dataset["drawn"] ?? 0) + 1);
      }
    } catch {
      // The next event asks again; the rest of the page tells the state.
    } finally {
      this.busy = false;
    }
    if (this.again) {
      this.again = false;
      await this.update(address);
    }
  }

  private makePlot(): Plot {
    if (!this.plot) {
      this.element.querySelector("[data-partial-empty]")?.remove();
      const room = document.createElement("div");
      room.className = "viewer-plot quick";
      this.element.append(room);
      this.plot = new Plot(room, { component: "magnitude", unit: "MHz", centreHz: 0, noiseSigma: null, windows: [], lines: [] });
    }
    return this.plot;
  }
}

/** The lines of the table on the page, which the server keeps up to date. */
function shownLines(): MarkedLine[] {
  return [...document.querySelectorAll<HTMLElement>("tr[data-line-hz]")].map((row) => ({
    frequencyHz: Number(row.dataset["lineHz"]),
    sigmaHz: row.dataset["lineSigmaHz"] ? Number(row.dataset["lineSigmaHz"]) : null,
    fwhmHz: 0,
    status: row.dataset["status"] ?? "candidate",
  }));
}
