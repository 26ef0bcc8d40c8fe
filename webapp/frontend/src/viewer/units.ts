// Frequencies as text, in the unit that the reader chose. Pure functions; digits are grouped by narrow spaces.

export type Unit = "MHz" | "kHz" | "Hz" | "offset";

export const UNITS: readonly Unit[] = ["MHz", "kHz", "Hz", "offset"];

const SCALES = { MHz: 1e6, kHz: 1e3, Hz: 1 } as const;
const NARROW_SPACE = "\u202f";
const MINUS = "\u2212";

/** How numbers of an axis are scaled, where its zero lies, and what it is called. */
export interface Axis {
  readonly scale: number;
  readonly origin: number;
  readonly label: string;
}

/** An axis over a stretch of `span` Hz; offsets take the unit that fits the stretch. */
export function axis(unit: Unit, span: number, centre: number): Axis {
  if (unit !== "offset") return { scale: SCALES[unit], origin: 0, label: `Frequency / ${unit}` };
  const fitting = span > 2e6 ? "MHz" : span > 2e3 ? "kHz" : "Hz";
  return { scale: SCALES[fitting], origin: centre, label: `Offset from ${group((centre / 1e6).toFixed(6))} MHz / ${fitting}` };
}

/** Tick numbers with just the decimals that steps of `step` Hz need. */
export function tickTexts(ticksHz: readonly number[], step: number, along: Axis): string[] {
  let decimals = 0;
  for (let scaled = step / along.scale; decimals < 9 && Math.abs(scaled - Math.round(scaled)) > 1e-6 * scaled; scaled *= 10) decimals++;
  return ticksHz.map((hz) => group(plain((hz - along.origin) / along.scale, decimals)));
}

/** A frequency to be read off, resolving about a two-thousandth of `span` Hz. */
export function reading(hz: number, unit: Unit, span: number, centre: number): string {
  const along = axis(unit, span, centre);
  const name = along.label.slice(along.label.lastIndexOf("/") + 2);
  const decimals = Math.max(0, Math.ceil(-Math.log10(span / 2000 / along.scale)));
  const value = plain((hz - along.origin) / along.scale, decimals);
  const sign = unit === "offset" && hz > along.origin ? "+" : "";
  return `${sign}${group(value)} ${name}`;
}

/** A frequency in MHz with its uncertainty in the last digits: (28084612, 31) -> "28.084 612(31)". */
export function withUncertainty(hz: number, sigmaHz: number | null): string {
  if (sigmaHz === null || !(sigmaHz > 0)) return group((hz / 1e6).toFixed(4));
  const decimals = Math.min(Math.max(0, 1 - Math.floor(Math.log10(sigmaHz / 1e6))), 9);
  const digits = Math.max(1, Math.round((sigmaHz / 1e6) * 10 ** decimals));
  return `${group((hz / 1e6).toFixed(decimals))}(${digits})`;
}

/** Groups the fraction in threes. */
export function group(number: string): string {
  const [whole = "", fraction] = number.split(".");
  if (fraction === undefined) return whole;
  return `${whole}.${fraction.replace(/(\d{3})(?=\d)/g, `$1${NARROW_SPACE}`)}`;
}

/** A value in few digits, for amplitudes. */
export function short(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(3).replace("-", MINUS) : "–";
}

/** The power of ten by which an amplitude axis up to `largest` is divided so that its numbers are short. */
export function exponentFor(largest: number): number {
  if (!(largest > 0) || (largest >= 0.1 && largest < 10_000)) return 0;
  return Math.floor(Math.log10(largest));
}

/** "×10⁻⁶" as it stands in an axis's name; nothing for 0. */
export function powerOfTen(exponent: number): string {
  if (exponent === 0) return "";
  const raised = [...String(exponent)].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
  return `10${raised.join("")}`;
}

/** Numbers of an amplitude axis with ticks `step` apart, divided by a power of ten. */
export function amplitudeTexts(ticks: readonly number[], step: number, exponent: number): string[] {
  return tickTexts(ticks, step, { scale: 10 ** exponent, origin: 0, label: "" });
}

function plain(value: number, decimals: number): string {
  const text = value.toFixed(Math.min(decimals, 12));
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", MINUS);
}
