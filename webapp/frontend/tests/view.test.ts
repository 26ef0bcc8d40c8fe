import assert from "node:assert/strict";
import { test } from "node:test";
import { around, panned, Trail, within, zoomed } from "../src/viewer/view.ts";

const full = { min: 100, max: 200 };

test("zooming keeps the point under the cursor where it is", () => {
  const range = zoomed({ min: 100, max: 200 }, 0.5, 125, full, 1);
  assert.equal(range.max - range.min, 50);
  assert.equal((125 - range.min) / 50, 0.25);
});

test("zooming stops at the narrowest and at the whole", () => {
  const narrow = zoomed({ min: 150, max: 151 }, 0.01, 150.5, full, 0.5);
  assert.ok(Math.abs(narrow.max - narrow.min - 0.5) < 1e-12);
  assert.deepEqual(zoomed({ min: 120, max: 180 }, 50, 130, full, 1), full);
});

test("panning stops at the ends without changing the width", () => {
  assert.deepEqual(panned({ min: 120, max: 140 }, -50, full), { min: 100, max: 120 });
  assert.deepEqual(panned({ min: 120, max: 140 }, 500, full), { min: 180, max: 200 });
});

test("what is asked for outside is moved inside", () => {
  assert.deepEqual(within({ min: 0, max: 1000 }, full), full);
  assert.deepEqual(around(101, 20, full), { min: 100, max: 120 });
});

test("the trail steps back through different views only, and forgets the oldest", () => {
  const trail = new Trail(2);
  const view = (min: number) => ({ x: { min, max: min + 10 }, y: null });
  for (const min of [1, 1, 2, 3]) trail.leave(view(min));
  assert.equal(trail.back()?.x.min, 3);
  assert.equal(trail.back()?.x.min, 2);
  assert.equal(trail.back(), null);
  assert.ok(trail.isEmpty);
});
