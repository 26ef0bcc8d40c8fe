// Draws the noise level as a dashed line, on both sides of zero where the component has both.

import type uPlot from "uplot";
import type { Component } from "./bins.ts";
import type { Colours } from "./colours.ts";

export function drawNoise(u: uPlot, sigma: number | null, component: Component, tones: Colours): void {
  if (!sigma || !(sigma > 0)) return;
  const ratio = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  const pen = u.ctx;
  pen.save();
  pen.strokeStyle = tones.noise;
  pen.fillStyle = tones.noise;
  pen.lineWidth = 1.5 * ratio;
  pen.setLineDash([6 * ratio, 4 * ratio]);
  for (const level of component === "magnitude" ? [sigma] : [sigma, -sigma]) {
    const y = u.valToPos(level, "y", true);
    if (y < top || y > top + height) continue;
    pen.beginPath();
    pen.moveTo(left, y);
    pen.lineTo(left + width, y);
    pen.stroke();
    if (level > 0) {
      // Beside the data, not on them.
      pen.font = `600 ${12 * ratio}px ${tones.font}`;
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillText("σ", left + width + 6 * ratio, y);
    }
  }
  pen.restore();
}
