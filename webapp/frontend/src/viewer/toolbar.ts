// The buttons and choices above the plot.

import type { Component } from "./bins.ts";
import type { Unit } from "./units.ts";
import type { Viewer } from "./viewer.ts";

export function toolbar(viewer: Viewer, figure: HTMLElement): void {
  const tools = figure.querySelector<HTMLElement>("[data-viewer-tools]");
  if (!tools) return;
  tools.hidden = false;
  const choices = [...tools.querySelectorAll<HTMLInputElement>("input[name=component]")];
  const unit = tools.querySelector<HTMLSelectElement>("[data-viewer-unit]");
  const button = (name: string): HTMLButtonElement | null => tools.querySelector(`[data-viewer-do=${name}]`);

  for (const choice of choices) choice.addEventListener("change", () => viewer.setComponent(choice.value as Component));
  unit?.addEventListener("change", () => viewer.setUnit(unit.value as Unit));
  button("in")?.addEventListener("click", () => viewer.zoom(0.5));
  button("out")?.addEventListener("click", () => viewer.zoom(2));
  button("back")?.addEventListener("click", () => viewer.back());
  button("all")?.addEventListener("click", () => viewer.showAll());

  const follow = (): void => {
    for (const choice of choices) choice.checked = choice.value === viewer.component;
    if (unit) unit.value = viewer.unit;
    for (const name of ["out", "all"]) {
      const one = button(name);
      if (one) one.disabled = viewer.isWhole;
    }
    const back = button("back");
    if (back) back.disabled = !viewer.canStepBack;
  };
  viewer.addEventListener("viewchange", follow);
  follow();
}
