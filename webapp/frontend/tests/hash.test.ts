import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../src/viewer/hash.ts";

const full = { min: 27.5e6, max: 28.5e6 };

test("a view survives the address", () => {
  const shown = { view: { x: { min: 28.05e6, max: 28.12e6 }, y: { min: 0, max: 3 } }, component: "real", unit: "kHz" } as const;
  const back = decode(encode(shown), full);
  assert.equal(back.component, "real");
  assert.equal(back.unit, "kHz");
  assert.ok(Math.abs((back.view?.x.min ?? 0) - 28.05e6) < 1);
  assert.equal(back.view?.y?.max, 3);
});

test("the whole spectrum needs no hash", () => {
  assert.equal(encode({ view: null, component: "magnitude", unit: "MHz" }), "");
});

test("nonsense in the address is ignored", () => {
  for (const hash of ["#x=a,b", "#x=28.2,28.1", "#x=1,2", "#x=28.1", "#c=evil&u=parsec", "#x=28,28.1,28.2", "#x=,28"]) {
    assert.deepEqual(decode(hash, full), { view: null, component: "magnitude", unit: "MHz" });
  }
});
