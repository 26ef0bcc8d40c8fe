// Draws lines onto the plot: a stem from the strip above the data down to the axis, a bar as wide as the uncertainty,
// and the frequency in the strip, so that labels never hide data.

import type uPlot from "uplot";
import type { Colours } from "./colours.ts";
import { place } from "./labels.ts";
import { withUncertainty } from "./units.ts";

export interface MarkedLine {
  readonly frequencyHz: number;
  readonly sigmaHz: number | null;
  readonly fwhmHz: number;
  readonly status: string;
}

/** Height of the strip above the data, in CSS pixels. */
export const STRIP = 46;

const ROW = 18;
const ROWS = 2;
const RANK: Record<string, number> = { confirmed: 0, moved: 0, candidate: 1, rejected: 2 };

export const isFound = (line: MarkedLine): boolean => line.status === "confirmed" || line.status === "moved";

/** Draw the lines; `tones` and `known` are asked at every drawing, because both can change. */
export function drawLines(u: uPlot, known: readonly MarkedLine[], tones: Colours): void {
  const ratio = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  const shown = known
    .filter((line) => line.status !== "rejected")
    .map((line) => ({ line, at: u.valToPos(line.frequencyHz, "x", true) }))
    .filter(({ at }) => at >= left && at <= left + width)
    .sort((a, b) => (RANK[a.line.status] ?? 3) - (RANK[b.line.status] ?? 3));
  const pen = u.ctx;
  pen.save();
  pen.font = `600 ${12 * ratio}px ${tones.font}`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  const texts = shown.map(({ line }) => withUncertainty(line.frequencyHz, line.sigmaHz));
  const places = place(
    shown.map(({ at }, k) => ({ at, size: pen.measureText(texts[k] ?? "").width + 8 * ratio })),
    left,
    left + width,
    ROWS,
    6 * ratio,
  );
  const covers = (left: number, text: string, x: number): boolean => x >= left && x <= left + pen.measureText(text).width + 8 * ratio;
  shown.forEach(({ line, at }, k) => {
    const tone = isFound(line) ? tones.signal : tones.inkSoft;
    const spot = places[k];
    const labelY = top - (7 + ROW * ((spot?.row ?? 0) + 0.5)) * ratio;
    pen.strokeStyle = tone;
    pen.fillStyle = tone;
    // A label of the upper row has its stem drawn up to it only where no label of the lower row is in the way.
    const blocked = places.some((other, n) => other?.row === 0 && n !== k && covers(other.left, texts[n] ?? "", at));
    const from = spot && (spot.row === 0 || !blocked) ? labelY + (ROW / 2) * ratio : top - 6 * ratio;
    stem(pen, at, from, top, top + height, isFound(line), ratio);
    if (line.sigmaHz) {
      const half = Math.abs(u.valToPos(line.frequencyHz + line.sigmaHz, "x", true) - at);
      if (half > 1.5 * ratio) bar(pen, at, half, top + 5 * ratio, ratio);
    }
    if (spot) pen.fillText(texts[k] ?? "", spot.left + 4 * ratio, labelY);
  });
  pen.restore();
}

/** Solid and with a wedge for what is confirmed, dashed and with a ring for a candidate. */
function stem(pen: CanvasRenderingContext2D, x: number, from: number, top: number, to: number, found: boolean, ratio: number): void {
  pen.lineWidth = 1.5 * ratio;
  pen.beginPath();
  pen.moveTo(x, from);
  pen.lineTo(x, top);
  pen.stroke();
  pen.save();
  pen.globalAlpha = 0.4;
  pen.lineWidth = ratio;
  pen.setLineDash(found ? [] : [4 * ratio, 4 * ratio]);
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x, to);
  pen.stroke();
  pen.restore();
  pen.beginPath();
  if (found) {
    pen.moveTo(x - 4.5 * ratio, top - 6 * ratio);
    pen.lineTo(x + 4.5 * ratio, top - 6 * ratio);
    pen.lineTo(x, top + 1 * ratio);
    pen.closePath();
    pen.fill();
  } else {
    pen.arc(x, top - 3 * ratio, 3 * ratio, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function bar(pen: CanvasRenderingContext2D, x: number, half: number, y: number, ratio: number): void {
  pen.lineWidth = 1.5 * ratio;
  pen.beginPath();
  pen.moveTo(x - half, y);
  pen.lineTo(x + half, y);
  for (const end of [x - half, x + half]) {
    pen.moveTo(end, y - 3 * ratio);
    pen.lineTo(end, y + 3 * ratio);
  }
  pen.stroke();
}
