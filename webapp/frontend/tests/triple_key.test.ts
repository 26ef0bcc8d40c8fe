import assert from "node:assert/strict";
import { test } from "node:test";
import { TripleKey } from "../src/page/triple_key.ts";

test("three presses within the span count, once", () => {
  const keys = new TripleKey("Escape", 1000);
  assert.deepEqual([0, 300, 900].map((time) => keys.pressed("Escape", false, time)), [false, false, true]);
  assert.equal(keys.pressed("Escape", false, 950), false);
});

test("slow presses, a key held down and other keys in between do not", () => {
  const slow = new TripleKey("Escape", 1000);
  assert.deepEqual([0, 600, 1200, 1800].map((time) => slow.pressed("Escape", false, time)), [false, false, false, false]);
  const held = new TripleKey("Escape", 1000);
  assert.deepEqual([0, 50, 100, 150].map((time, n) => held.pressed("Escape", n > 0, time)), [false, false, false, false]);
  const mixed = new TripleKey("Escape", 1000);
  mixed.pressed("Escape", false, 0);
  mixed.pressed("Escape", false, 100);
  mixed.pressed("a", false, 150);
  assert.equal(mixed.pressed("Escape", false, 200), false);
});
