// The view in the address, so that a link shows exactly what is on the screen: #x=28.05,28.12&c=real&u=kHz

import type { Component } from "./bins.ts";
import { UNITS, type Unit } from "./units.ts";
import type { Range, View } from "./view.ts";

export interface Shown {
  readonly view: View | null; // null: the whole spectrum
  readonly component: Component;
  readonly unit: Unit;
}

const COMPONENTS: readonly Component[] = ["magnitude", "real", "imaginary"];

export function encode(shown: Shown): string {
  const parts: string[] = [];
  if (shown.view) {
    parts.push(`x=${megahertz(shown.view.x.min)},${megahertz(shown.view.x.max)}`);
    if (shown.view.y) parts.push(`y=${shown.view.y.min.toPrecision(6)},${shown.view.y.max.toPrecision(6)}`);
  }
  if (shown.component !== "magnitude") parts.push(`c=${shown.component}`);
  if (shown.unit !== "MHz") parts.push(`u=${shown.unit}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

/** What a hash says; whatever cannot be read, or does not lie within `full`, is left at its default. */
export function decode(hash: string, full: Range): Shown {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const x = pair(values.get("x"), 1e6);
  const inside = x !== null && x.min < full.max && x.max > full.min;
  const component = values.get("c") as Component | null;
  const unit = values.get("u") as Unit | null;
  return {
    view: inside ? { x, y: pair(values.get("y"), 1) } : null,
    component: component !== null && COMPONENTS.includes(component) ? component : "magnitude",
    unit: unit !== null && UNITS.includes(unit) ? unit : "MHz",
  };
}

function megahertz(hz: number): string {
  return String(Number((hz / 1e6).toFixed(7)));
}

function pair(text: string | null, scale: number): Range | null {
  const [min, max, ...rest] = (text ?? "").split(",").map((part) => (part.trim() ? Number(part) * scale : NaN));
  if (min === undefined || max === undefined || rest.length) return null;
  return Number.isFinite(min) && Number.isFinite(max) && min < max ? { min, max } : null;
}
