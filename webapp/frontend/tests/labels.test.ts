import assert from "node:assert/strict";
import { test } from "node:test";
import { place } from "../src/viewer/labels.ts";

test("labels that would touch go to the next row, then are left out", () => {
  const label = { at: 100, size: 60 };
  assert.deepEqual(place([label, label, label], 0, 400, 2), [{ left: 70, row: 0 }, { left: 70, row: 1 }, null]);
});

test("labels stay inside and those of hidden lines are left out", () => {
  assert.deepEqual(place([{ at: 5, size: 60 }, { at: 500, size: 60 }], 0, 400, 1), [{ left: 0, row: 0 }, null]);
});
