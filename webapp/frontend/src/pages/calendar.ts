// The page of the calendar. Without this script it is a list of the week.

import { bookingCalendar } from "../calendar/calendar.ts";
import { confirmForms } from "../page/confirm.ts";

confirmForms();
const root = document.querySelector<HTMLElement>("#calendar");
const token = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
if (root) bookingCalendar(root, token);
