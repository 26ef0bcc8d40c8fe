import assert from "node:assert/strict";
import { test } from "node:test";
import { noiseLevels } from "../src/viewer/noise.ts";

const windows = [
  { lowHz: 10, highHz: 20, noiseSigma: 1 },
  { lowHz: 20, highHz: 30, noiseSigma: 2 },
  { lowHz: 35, highHz: 40, noiseSigma: 0 },
];

test("each window has its own noise level, as far as it is on the screen", () => {
  assert.deepEqual(noiseLevels(1.5, windows, 15, 50), [
    { from: 15, to: 20, sigma: 1 },
    { from: 20, to: 30, sigma: 2 },
  ]);
  assert.deepEqual(noiseLevels(1.5, windows, 22, 24), [{ from: 22, to: 24, sigma: 2 }]);
});

test("without windows there is one level, and none where nothing is known of it", () => {
  assert.deepEqual(noiseLevels(1.5, [], 15, 50), [{ from: 15, to: 50, sigma: 1.5 }]);
  assert.deepEqual(noiseLevels(null, [], 15, 50), []);
});
