import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, valueAt } from "../src/viewer/bins.ts";

function body(values: number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, k) => view.setFloat32(4 * k, value, true));
  return view.buffer as ArrayBuffer;
}

test("samples lie at x0 + k dx", () => {
  const bins = decode(body([1, 2, 3]), "raw", 10, 5);
  assert.deepEqual([...bins.x], [10, 15, 20]);
  assert.deepEqual([...bins.y], [1, 2, 3]);
  assert.equal(valueAt(bins, 16), 2);
});

test("a column's minimum and maximum stand at one frequency, and the larger excursion is read", () => {
  const bins = decode(body([0, 9, -7, 2]), "minmax", 10, 5);
  assert.deepEqual([...bins.x], [10, 10, 15, 15]);
  assert.equal(valueAt(bins, 10.5), 9);
  assert.equal(valueAt(bins, 15), -7);
});

test("what is not a spectrum is refused", () => {
  assert.throws(() => decode(new ArrayBuffer(6), "raw", 0, 1));
  assert.throws(() => decode(body([1]), "raw", 0, 0));
  assert.throws(() => decode(body([1]), "other", 0, 1));
  assert.equal(valueAt(decode(body([]), "raw", 0, 1), 3), null);
});
