import assert from "node:assert/strict";
import { test } from "node:test";
import { clockNow, forField, spanText } from "../src/calendar/times.ts";

test("the day is told once unless the end is on another one", () => {
  assert.equal(spanText("2027-03-01T09:00:00", "2027-03-01T11:30:00"), "Mon 1 Mar 2027, 09:00 – 11:30");
  assert.equal(spanText("2027-02-28T23:00:00Z", "2027-03-01T01:00:00Z"), "Sun 28 Feb 2027, 23:00 – Mon 1 Mar 2027, 01:00");
});

test("fields get minutes, days get midnight", () => {
  assert.equal(forField("2027-03-01T09:15:00"), "2027-03-01T09:15");
  assert.equal(forField("2027-03-01"), "2027-03-01T00:00");
});

test("the clock is that of the zone, summer time included", () => {
  const summer = new Date("2027-07-01T23:30:00Z");
  assert.equal(clockNow("Europe/London", summer), "2027-07-02T00:30:00");
  assert.equal(clockNow("America/New_York", summer), "2027-07-01T19:30:00");
  assert.equal(clockNow("Asia/Tokyo", new Date("2027-01-01T15:00:00Z")), "2027-01-02T00:00:00");
});
