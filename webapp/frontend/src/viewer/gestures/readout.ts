// Reads out frequency, value and multiples of the noise under the crosshair.

import { reading, short } from "../units.ts";
import { width } from "../view.ts";
import type { Viewer } from "../viewer.ts";

export function readout(viewer: Viewer, output: HTMLElement): void {
  const show = (hz: number | null): void => {
    if (hz === null) {
      output.textContent = "\u00a0";
      return;
    }
    const parts = [reading(hz, viewer.unit, width(viewer.view.x), viewer.data.centreHz)];
    const value = viewer.valueAt(hz);
    if (value !== null) {
      parts.push(short(value));
      if (viewer.data.noiseSigma) parts.push(`${short(value / viewer.data.noiseSigma)} σ`);
    }
    output.textContent = parts.join("   ");
  };
  viewer.addEventListener("pointed", (event) => show((event as CustomEvent<number | null>).detail));
}
