// The form of a booking: says while one types whether the time can be had.

import { focusFirstError } from "../form/first_error.ts";
import { livePreview } from "../form/preview.ts";
import { confirmForms } from "../page/confirm.ts";

confirmForms();
const form = document.querySelector<HTMLFormElement>("#booking-form");
const panel = document.querySelector<HTMLElement>("#booking-preview");
if (form) focusFirstError(form);
if (form && panel) livePreview(form, panel);
