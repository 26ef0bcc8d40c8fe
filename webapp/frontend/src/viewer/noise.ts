// Draws the noise level as a dashed line, on both sides of zero where the component has both: the same everywhere, or
// that of each window of a stitched spectrum between the windows' edges.

import type uPlot from "uplot";
import type { Component } from "./bins.ts";
import type { Colours } from "./colours.ts";

/** A stretch of a stitched spectrum that comes from one tuning of the radio. */
export interface SpectrumWindow {
  readonly lowHz: number;
  readonly highHz: number;
  readonly noiseSigma: number;
}

/** A stretch of the noise level on the screen; frequencies may be infinite. */
export interface Level {
  readonly from: number;
  readonly to: number;
  readonly sigma: number;
}

/** The levels within a range, by rising frequency: those of the windows, or one where there are none. */
export function noiseLevels(sigma: number | null, windows: readonly SpectrumWindow[], min: number, max: number): Level[] {
  const all = windows.length > 0 ? windows.map((w) => ({ from: w.lowHz, to: w.highHz, sigma: w.noiseSigma })) : [{ from: min, to: max, sigma: sigma ?? 0 }];
  return all
    .filter((level) => level.sigma > 0 && level.from < max && level.to > min)
    .map((level) => ({ ...level, from: Math.max(level.from, min), to: Math.min(level.to, max) }));
}

export function drawNoise(
  u: uPlot,
  sigma: number | null,
  windows: readonly SpectrumWindow[],
  component: Component,
  tones: Colours,
): void {
  const ratio = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  const levels = noiseLevels(sigma, windows, u.posToVal(0, "x"), u.posToVal(u.over.clientWidth, "x"));
  const pen = u.ctx;
  pen.save();
  pen.strokeStyle = tones.noise;
  pen.fillStyle = tones.noise;
  for (const [k, level] of levels.entries()) {
    const [from, to] = [u.valToPos(level.from, "x", true), u.valToPos(level.to, "x", true)];
    pen.lineWidth = 1.5 * ratio;
    pen.setLineDash([6 * ratio, 4 * ratio]);
    for (const signed of component === "magnitude" ? [level.sigma] : [level.sigma, -level.sigma]) {
      const y = u.valToPos(signed, "y", true);
      if (y < top || y > top + height) continue;
      pen.beginPath();
      pen.moveTo(from, y);
      pen.lineTo(to, y);
      pen.stroke();
      if (signed > 0 && k === levels.length - 1) {
        // Beside the data, not on them.
        pen.font = `600 ${12 * ratio}px ${tones.font}`;
        pen.textAlign = "left";
        pen.textBaseline = "middle";
        pen.fillText("σ", left + width + 6 * ratio, y);
      }
    }
    if (k > 0) {
      // The edge of a window: a short mark at the foot, so that nothing of the data is hidden.
      pen.lineWidth = ratio;
      pen.setLineDash([]);
      pen.beginPath();
      pen.moveTo(from, top + height);
      pen.lineTo(from, top + height - 10 * ratio);
      pen.stroke();
    }
  }
  pen.restore();
}
