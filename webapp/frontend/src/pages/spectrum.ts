// The page of a spectrum: the viewer with its gestures; or, while the version is being made, a look every two seconds.

import { dragPan, startsPan } from "../viewer/gestures/pan.ts";
import { doubleClickBack } from "../viewer/gestures/double_click.ts";
import { keyboard } from "../viewer/gestures/keyboard.ts";
import { pinchZoom } from "../viewer/gestures/pinch.ts";
import { readout } from "../viewer/gestures/readout.ts";
import { wheelZoom } from "../viewer/gestures/wheel.ts";
import { keepView } from "../viewer/keep_view.ts";
import { lineTable } from "../viewer/line_table.ts";
import { toolbar } from "../viewer/toolbar.ts";
import { Viewer, type SpectrumData } from "../viewer/viewer.ts";

const figure = document.querySelector<HTMLElement>("[data-viewer]");
const element = figure?.querySelector<HTMLElement>("[data-viewer-plot]");
const data = document.getElementById("viewer-data")?.textContent;

if (figure && element && data) {
  const viewer = new Viewer(element, JSON.parse(data) as SpectrumData, (event) => event.button === 0 && !startsPan(event));
  const live = figure.querySelector<HTMLElement>("[data-viewer-live]");
  const output = figure.querySelector<HTMLElement>("[data-viewer-readout]");
  wheelZoom(viewer);
  dragPan(viewer);
  pinchZoom(viewer);
  doubleClickBack(viewer);
  keyboard(viewer, (text) => {
    if (live) live.textContent = text;
  });
  if (output) readout(viewer, output);
  toolbar(viewer, figure);
  lineTable(viewer);
}
keepView();

if (document.querySelector("[data-reload-when-done]")) {
  setInterval(() => {
    void fetch(location.href, { credentials: "same-origin" }).then(async (answer) => {
      if (answer.ok && !(await answer.text()).includes("data-reload-when-done")) location.reload();
    });
  }, 2000);
}
