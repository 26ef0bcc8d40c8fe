import assert from "node:assert/strict";
import { test } from "node:test";
import { ageText } from "../src/page/age.ts";

test("ages are told in the unit that fits", () => {
  assert.equal(ageText(-3), "0 s ago");
  assert.equal(ageText(12.4), "12 s ago");
  assert.equal(ageText(59.6), "1 min ago");
  assert.equal(ageText(3599), "59 min ago");
  assert.equal(ageText(3 * 3600 + 5), "3 h ago");
});
