// Everything by keyboard: a cursor that is moved and read out, panning, zooming, stepping from line to line.

import { isFound } from "../lines.ts";
import { reading, short, withUncertainty } from "../units.ts";
import { around, width } from "../view.ts";
import type { Viewer } from "../viewer.ts";

const STEP_PIXELS = 10;
const PAN_FRACTION = 0.2;
const ZOOM = 0.5;

export function keyboard(viewer: Viewer, announce: (text: string) => void): void {
  let cursor: number | null = null; // Hz

  const put = (hz: number): void => {
    const { u } = viewer.plot;
    cursor = Math.min(Math.max(hz, viewer.view.x.min), viewer.view.x.max);
    const value = viewer.valueAt(cursor);
    u.setCursor({ left: u.valToPos(cursor, "x"), top: value === null ? 0 : u.valToPos(value, "y") });
    const frequency = reading(cursor, viewer.unit, width(viewer.view.x), viewer.data.centreHz);
    announce(value === null ? frequency : `${frequency}, ${viewer.component} ${short(value)}`);
  };
  const sayView = (): void => {
    const at = (hz: number): string => reading(hz, viewer.unit, width(viewer.view.x), viewer.data.centreHz);
    announce(`Showing ${at(viewer.view.x.min)} to ${at(viewer.view.x.max)}`);
  };
  const middle = (): number => cursor ?? (viewer.view.x.min + viewer.view.x.max) / 2;

  const nextLine = (direction: 1 | -1): void => {
    const lines = viewer.data.lines.filter((line) => line.status !== "rejected");
    const ordered = [...lines].sort((a, b) => direction * (a.frequencyHz - b.frequencyHz));
    const from = cursor ?? (direction > 0 ? -Infinity : Infinity);
    const line = ordered.find((one) => direction * (one.frequencyHz - from) > 1) ?? ordered[0];
    if (!line) {
      announce("There are no lines");
      return;
    }
    const { x } = viewer.view;
    if (line.frequencyHz < x.min || line.frequencyHz > x.max) {
      viewer.goTo({ x: around(line.frequencyHz, width(x), viewer.full), y: viewer.view.y });
    }
    put(line.frequencyHz);
    announce(`${isFound(line) ? "Confirmed line" : "Candidate"} at ${withUncertainty(line.frequencyHz, line.sigmaHz)} MHz`);
  };

  const actions: Record<string, (event: KeyboardEvent) => void> = {
    ArrowLeft: (event) => (event.shiftKey ? pan(-1) : put(middle() - STEP_PIXELS * viewer.hzPerPixel)),
    ArrowRight: (event) => (event.shiftKey ? pan(1) : put(middle() + STEP_PIXELS * viewer.hzPerPixel)),
    Home: () => put(viewer.view.x.min),
    End: () => put(viewer.view.x.max),
    "+": () => zoom(ZOOM),
    "=": () => zoom(ZOOM),
    "-": () => zoom(1 / ZOOM),
    "0": () => void (viewer.showAll(), sayView()),
    Backspace: () => void (viewer.back(), sayView()),
    l: () => nextLine(1),
    L: () => nextLine(-1),
  };
  function pan(direction: 1 | -1): void {
    viewer.pan(direction * PAN_FRACTION * width(viewer.view.x));
    sayView();
  }
  function zoom(factor: number): void {
    viewer.zoom(factor, middle());
    sayView();
  }

  viewer.element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
