import assert from "node:assert/strict";
import { test } from "node:test";
import { amplitudeTexts, axis, exponentFor, group, powerOfTen, reading, tickTexts, withUncertainty } from "../src/viewer/units.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test("digits after the point stand in threes", () => {
  assert.equal(plain(group("28.0846123")), "28.084 612 3");
  assert.equal(group("28"), "28");
});

test("a line's frequency carries its uncertainty in its last digits", () => {
  assert.equal(plain(withUncertainty(28_084_612, 31)), "28.084 612(31)");
  assert.equal(plain(withUncertainty(28_084_612, 0.5)), "28.084 612 00(50)");
  assert.equal(plain(withUncertainty(28_084_612, null)), "28.084 6");
});

test("ticks have the decimals that their step needs", () => {
  const mhz = axis("MHz", 1e6, 28e6);
  assert.deepEqual(tickTexts([28e6, 28.2e6], 0.2e6, mhz), ["28.0", "28.2"]);
  assert.deepEqual(tickTexts([28e6, 30e6], 2e6, mhz), ["28", "30"]);
  assert.deepEqual(tickTexts([28.25e6, 28.5e6], 0.25e6, mhz), ["28.25", "28.50"]);
  assert.deepEqual(tickTexts([28_084_610, 28_084_612.5], 2.5, mhz).map(plain), ["28.084 610 0", "28.084 612 5"]);
});

test("offsets count from the centre in a fitting unit, with a sign", () => {
  assert.equal(reading(28.034e6, "offset", 200e3, 28e6), "+34.0 kHz");
  assert.equal(reading(27.966e6, "offset", 200e3, 28e6), "\u221234.0 kHz");
  assert.match(axis("offset", 500, 28e6).label, /Hz$/);
});

test("a reading resolves a small part of what is on the screen", () => {
  assert.equal(plain(reading(28_084_612.4, "MHz", 1000, 0)), "28.084 612 4 MHz");
});

test("small amplitudes are counted in a power of ten", () => {
  assert.equal(exponentFor(3.2e-6), -6);
  assert.equal(exponentFor(42), 0);
  assert.equal(powerOfTen(-6), "10⁻⁶");
  assert.deepEqual(amplitudeTexts([0, 5e-7, 1e-6], 5e-7, -6), ["0.0", "0.5", "1.0"]);
});
