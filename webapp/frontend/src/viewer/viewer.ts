// The viewer: what is shown, how to get there and back, and the data for it. Gestures call its few methods.

import { fetchBins, valueAt, type Bins, type Component } from "./bins.ts";
import { decode, encode } from "./hash.ts";
import type { MarkedLine } from "./lines.ts";
import type { SpectrumWindow } from "./noise.ts";
import { Plot } from "./plot.ts";
import { axis, type Unit } from "./units.ts";
import { panned, sameView, Trail, width, within, zoomed, type Range, type View } from "./view.ts";

/** What the page tells about its spectrum (json_script "viewer-data"). */
export interface SpectrumData {
  readonly bins: string;
  readonly x0Hz: number;
  readonly dxHz: number;
  readonly points: number;
  readonly noiseSigma: number | null;
  readonly windows: readonly SpectrumWindow[];
  readonly centreHz: number;
  readonly lines: readonly MarkedLine[];
}

/** Points that stay on the screen at the strongest zoom. */
const NARROWEST_POINTS = 8;
/** Requests wait this long for the gesture to go on. */
const SETTLE_MS = 70;

export class Viewer extends EventTarget {
  readonly full: Range;
  readonly plot: Plot;
  readonly narrowest: number;
  view: View;
  bins: Bins | null = null;
  private readonly trail = new Trail();
  private timer = 0;
  private request: AbortController | null = null;

  constructor(
    readonly element: HTMLElement,
    readonly data: SpectrumData,
    mayBox: (event: MouseEvent) => boolean,
  ) {
    super();
    this.full = { min: data.x0Hz, max: data.x0Hz + data.dxHz * Math.max(1, data.points - 1) };
    this.narrowest = Math.min(width(this.full), NARROWEST_POINTS * data.dxHz);
    const shown = decode(location.hash, this.full);
    this.view = this.bounded(shown.view ?? { x: this.full, y: null });
    this.plot = new Plot(
      element,
      {
        component: shown.component,
        unit: shown.unit,
        centreHz: data.centreHz,
        noiseSigma: data.noiseSigma,
        windows: data.windows,
        lines: data.lines,
      },
      {
        selected: (x, y) => this.goTo({ x, y }),
        pointed: (hz) => this.dispatchEvent(new CustomEvent("pointed", { detail: hz })),
        mayBox,
      },
    );
    this.plot.show(this.view);
    addEventListener("hashchange", () => this.readAddress());
    this.load(0);
  }

  get component(): Component {
    return this.plot.appearance.component;
  }

  get unit(): Unit {
    return this.plot.appearance.unit;
  }

  get isWhole(): boolean {
    return sameView(this.view, { x: this.full, y: null });
  }

  get canStepBack(): boolean {
    return !this.trail.isEmpty;
  }

  /** Show another part; `remember` false is for the steps of one gesture after its first. */
  goTo(view: View, remember = true): void {
    const next = this.bounded(view);
    if (sameView(next, this.view)) return;
    if (remember) this.trail.leave(this.view);
    this.view = next;
    this.plot.show(next);
    this.changed();
    this.load(SETTLE_MS);
  }

  back(): void {
    const view = this.trail.back();
    if (view) this.goTo(view, false);
    else this.showAll();
  }

  showAll(): void {
    this.goTo({ x: this.full, y: null });
  }

  zoom(factor: number, at = (this.view.x.min + this.view.x.max) / 2, remember = true): void {
    this.goTo({ x: zoomed(this.view.x, factor, at, this.full, this.narrowest), y: this.view.y }, remember);
  }

  pan(shiftHz: number, remember = true): void {
    this.goTo({ x: panned(this.view.x, shiftHz, this.full), y: this.view.y }, remember);
  }

  setComponent(component: Component): void {
    this.plot.appearance.component = component;
    this.view = { x: this.view.x, y: null };
    this.plot.show(this.view);
    this.changed();
    this.load(0);
  }

  setUnit(unit: Unit): void {
    this.plot.appearance.unit = unit;
    this.plot.redraw();
    this.changed();
  }

  valueAt(hz: number): number | null {
    return this.bins ? valueAt(this.bins, hz) : null;
  }

  /** Hz for one CSS pixel. */
  get hzPerPixel(): number {
    return width(this.view.x) / Math.max(1, this.plot.u.over.clientWidth);
  }

  get axisName(): string {
    return axis(this.unit, width(this.view.x), this.data.centreHz).label;
  }

  private bounded(view: View): View {
    const size = Math.max(width(view.x), this.narrowest);
    const middle = (view.x.min + view.x.max) / 2;
    return { x: within({ min: middle - size / 2, max: middle + size / 2 }, this.full), y: view.y };
  }

  private changed(): void {
    const hash = encode({ view: this.isWhole ? null : this.view, component: this.component, unit: this.unit });
    // Not a history entry per step of the wheel: the viewer has its own way back.
    history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
    this.dispatchEvent(new Event("viewchange"));
  }

  private readAddress(): void {
    const shown = decode(location.hash, this.full);
    this.plot.appearance.unit = shown.unit;
    if (shown.component !== this.component) this.setComponent(shown.component);
    this.goTo(shown.view ?? { x: this.full, y: null });
    this.dispatchEvent(new Event("viewchange"));
  }

  private load(delay: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.fetch(), delay);
  }

  private async fetch(): Promise<void> {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    const slow = window.setTimeout(() => this.element.classList.add("loading"), 250);
    try {
      const wanted = { range: this.view.x, columns: this.plot.columns, component: this.component };
      const bins = await fetchBins(this.data.bins, wanted, request.signal);
      if (!bins) throw new Error("The values are not there (yet).");
      this.bins = bins;
      this.plot.setBins(bins);
      this.plot.show(this.view);
      this.complain("");
      this.element.dataset["shownPoints"] = String(bins.x.length);
      this.element.dataset["shownKind"] = bins.kind;
      this.dispatchEvent(new Event("loaded"));
    } catch (error) {
      if (!request.signal.aborted) this.complain(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(slow);
      if (this.request === request) this.element.classList.remove("loading");
    }
  }

  private complain(message: string): void {
    let note = this.element.querySelector<HTMLElement>(".viewer-error");
    if (!message) {
      note?.remove();
      return;
    }
    if (!note) {
      note = document.createElement("p");
      note.className = "viewer-error";
      note.setAttribute("role", "alert");
      this.element.append(note);
    }
    note.textContent = `The spectrum could not be loaded. ${message}`;
  }
}
