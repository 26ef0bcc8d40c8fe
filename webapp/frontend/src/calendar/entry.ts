// How one occupation looks in the calendar: instrument and state are words in it, colour only repeats them.

import type { EventInput } from "@fullcalendar/core";
import type { Occupation } from "./server.ts";

export function entry(one: Occupation): EventInput {
  if (one.kind === "buffer") return { start: one.start, end: one.end, display: "background", classNames: ["buffer"] };
  const classes = [`kind-${one.kind}`, `tone-${one.tone ?? 0}`, `state-${one.state ?? ""}`];
  if (one.mine) classes.push("mine");
  return {
    ...(one.id ? { id: one.id } : {}),
    ...(one.url ? { url: one.url } : {}),
    title: one.title ?? "",
    start: one.start,
    end: one.end,
    startEditable: one.movable ?? false,
    durationEditable: one.resizable ?? false,
    classNames: classes,
    extendedProps: { occupation: one },
  };
}

/** The contents of an entry: time, instrument and what it is. */
export function contents(one: Occupation, timeText: string, named: boolean): Node[] {
  const time = line("entry-time", timeText);
  const what = line("entry-title", one.note && one.kind === "outage" ? `${one.note}: ${one.title ?? ""}` : (one.title ?? ""));
  const parts = [time, what];
  if (named) parts.splice(1, 0, line("entry-instrument", one.instrument_name ?? ""));
  if (one.who) parts.push(line("entry-who", one.who));
  if (one.note && one.kind !== "outage") parts.push(line("entry-note", one.note));
  return parts;
}

function line(name: string, text: string): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
