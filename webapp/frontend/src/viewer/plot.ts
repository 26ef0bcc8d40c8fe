// The plot itself: uPlot with our axes, colours and marks. It knows nothing of gestures or of where data come from.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Bins, Component } from "./bins.ts";
import { colours, onThemeChange } from "./colours.ts";
import { drawLines, STRIP, type MarkedLine } from "./lines.ts";
import { drawNoise, type SpectrumWindow } from "./noise.ts";
import { amplitudeTexts, axis, exponentFor, powerOfTen, tickTexts, type Unit } from "./units.ts";
import type { Range, View } from "./view.ts";

export interface Appearance {
  component: Component;
  unit: Unit;
  centreHz: number;
  noiseSigma: number | null;
  /** Of a stitched spectrum: each has a noise level of its own. */
  windows: readonly SpectrumWindow[];
  lines: readonly MarkedLine[];
}

export interface PlotHooks {
  /** A box was dragged; `y` is null when it was dragged along the frequency only. */
  readonly selected?: (x: Range, y: Range | null) => void;
  /** The cursor is over a frequency, or nowhere (null). */
  readonly pointed?: (hz: number | null) => void;
  /** Whether uPlot may take this press of the mouse as the start of a box. */
  readonly mayBox?: (event: MouseEvent) => boolean;
}

export class Plot {
  readonly u: uPlot;
  private tones = colours();
  private y: Range | null = null;

  constructor(
    readonly element: HTMLElement,
    readonly appearance: Appearance,
    hooks: PlotHooks = {},
  ) {
    this.u = new uPlot(this.options(hooks), [new Float64Array(), new Float32Array()] as unknown as uPlot.AlignedData, element);
    new ResizeObserver(() => this.fit()).observe(element);
    onThemeChange(() => {
      this.tones = colours();
      this.u.redraw();
    });
  }

  /** Width of the data area in device pixels: as many columns as are worth asking for. */
  get columns(): number {
    return Math.max(64, Math.min(4096, Math.round(this.u.bbox.width)));
  }

  setBins(bins: Bins): void {
    this.u.setData([bins.x, bins.y] as unknown as uPlot.AlignedData, false);
  }

  show(view: View): void {
    this.y = view.y;
    this.u.batch(() => {
      this.u.setScale("x", { min: view.x.min, max: view.x.max });
    });
  }

  redraw(): void {
    this.u.redraw(true, true);
  }

  private fit(): void {
    const { width, height } = this.room();
    if (width > 0 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height });
  }

  private room(): { width: number; height: number } {
    const style = getComputedStyle(this.element);
    const inside = (total: number, ...sides: string[]): number =>
      Math.floor(sides.reduce((rest, side) => rest - parseFloat(style.getPropertyValue(side)), total));
    return {
      width: inside(this.element.clientWidth, "padding-left", "padding-right"),
      height: inside(this.element.clientHeight, "padding-top", "padding-bottom"),
    };
  }

  private vertical(low: number | null, high: number | null): [number, number] {
    if (this.y) return [this.y.min, this.y.max];
    const sigma = this.appearance.noiseSigma ?? 0;
    if (this.appearance.component === "magnitude") return [0, Math.max(high ?? 0, 3 * sigma) * 1.06 || 1];
    const reach = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), 3 * sigma) * 1.06 || 1;
    return [-reach, reach];
  }

  private options(hooks: PlotHooks): uPlot.Options {
    const look = this.appearance;
    const font = (): string => `12px ${this.tones.font}`;
    const grid = { stroke: () => this.tones.grid, width: 1 };
    const along = (u: uPlot): ReturnType<typeof axis> =>
      axis(look.unit, (u.scales["x"]?.max ?? 1) - (u.scales["x"]?.min ?? 0), look.centreHz);
    const exponent = (u: uPlot): number => exponentFor(u.scales["y"]?.max ?? 1);
    const common = { stroke: () => this.tones.inkSoft, grid, ticks: { ...grid, size: 5 }, font: font() };
    return {
      ...this.room(),
      padding: [STRIP, 24, null, null],
      legend: { show: false },
      pxAlign: 1,
      scales: { x: { time: false, range: (_u, min, max) => [min, max] }, y: { range: (_u, min, max) => this.vertical(min, max) } },
      axes: [
        {
          ...common,
          space: 90,
          size: 38,
          label: (u) => along(u).label,
          labelSize: 24,
          labelFont: font(),
          splits: (u, _axis, min, max, step) => {
            const { origin } = along(u);
            const first = Math.ceil((min - origin) / step - 1e-9);
            const last = Math.floor((max - origin) / step + 1e-9);
            return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => origin + (first + k) * step);
          },
          values: (u, splits, _axis, _space, step) => tickTexts(splits, step, along(u)),
        },
        {
          ...common,
          label: (u) => [capitalised(look.component), powerOfTen(exponent(u))].filter(Boolean).join(" / "),
          labelSize: 22,
          labelFont: font(),
          values: (u, splits, _axis, _space, step) => amplitudeTexts(splits, step, exponent(u)),
          size: (_u, values) => 16 + 7.5 * Math.max(3, ...(values ?? []).map((text) => text.length)),
        },
      ],
      series: [
        {},
        {
          stroke: () => this.tones.trace,
          width: 1.4,
          points: { show: (u, _series, first, last) => (last - first) * 6 < u.bbox.width / devicePixelRatio, size: 5 },
        },
      ],
      cursor: {
        drag: { x: true, y: true, uni: 24, setScale: false },
        points: { show: false },
        bind: {
          mousedown: (_u, _target, handler) => (event) => {
            if (hooks.selected && (hooks.mayBox?.(event) ?? true)) handler(event);
            return null;
          },
          dblclick: () => () => null, // uPlot would show everything; stepping back is a module of its own
        },
      },
      hooks: {
        draw: [
          (u) => {
            drawNoise(u, look.noiseSigma, look.windows, look.component, this.tones);
            drawLines(u, look.lines, this.tones);
          },
        ],
        setSelect: [
          (u) => {
            const { left, top, width, height } = u.select;
            if (width > 2) {
              const x = { min: u.posToVal(left, "x"), max: u.posToVal(left + width, "x") };
              const whole = height >= u.over.clientHeight - 1 || height < 3;
              const y = whole ? null : { min: u.posToVal(top + height, "y"), max: u.posToVal(top, "y") };
              hooks.selected?.(x, y);
            }
            if (width > 0 || height > 0) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        setCursor: [
          (u) => {
            const left = u.cursor.left ?? -1;
            hooks.pointed?.(left >= 0 ? u.posToVal(left, "x") : null);
          },
        ],
      },
    };
  }
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
