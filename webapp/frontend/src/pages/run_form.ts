// The form of a run.

import { focusFirstError } from "../form/first_error.ts";
import { livePreview } from "../form/preview.ts";

const form = document.querySelector<HTMLFormElement>("#run-form");
const panel = document.querySelector<HTMLElement>("#plan");
if (form && panel) {
  focusFirstError(form);
  livePreview(form, panel);
}
