// Questions of the calendar: book this time, and which bookings of a series to move.

import { Refused, type Server } from "./server.ts";
import { forField, spanText } from "./times.ts";

const SCOPES = [
  ["this", "This booking only"],
  ["following", "This and those after it"],
  ["all", "All that are to come"],
] as const;

/** Which of a series shall move; null when none shall. */
export function askScope(question: string): Promise<string | null> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "scope-question");
  const form = document.createElement("form");
  form.method = "dialog";
  const text = document.createElement("p");
  text.id = "scope-question";
  text.textContent = question;
  const fields = document.createElement("fieldset");
  for (const [value, label] of SCOPES) {
    const line = document.createElement("label");
    line.className = "check";
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "scope", value, checked: value === "this" });
    line.append(radio, label);
    fields.append(line);
  }
  const row = document.createElement("div");
  row.className = "row";
  row.append(button("Leave it", "", ""), button("Move", "yes", "primary"));
  form.append(text, fields, row);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const chosen = new FormData(form).get("scope");
      dialog.remove();
      resolve(dialog.returnValue === "yes" && typeof chosen === "string" ? chosen : null);
    });
  });
}

function button(label: string, value: string, tone: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.className = `button ${tone}`;
  element.value = value;
  element.textContent = label;
  return element;
}

export interface Booked {
  readonly id: number;
  readonly state: string;
}

/** Offers to book a span; what the server says against it stands in the dialog, beside its field. */
export function askToBook(
  server: Server,
  span: { start: string; end: string },
  instrument: string,
  createAddress: string,
): Promise<Booked | null> {
  const template = document.querySelector<HTMLTemplateElement>("#book-dialog");
  const dialog = template?.content.firstElementChild?.cloneNode(true) as HTMLDialogElement;
  const form = dialog.querySelector("form") as HTMLFormElement;
  const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
  const key = `calendar-${crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`}`;
  (dialog.querySelector(".when") as HTMLElement).textContent = spanText(span.start, span.end);
  field("instrument").value = instrument;
  const only = (name: string): boolean => form.querySelectorAll(`[name=${name}] option`).length === 1;
  for (const name of ["instrument", "group"]) {
    form.querySelector<HTMLElement>(`[data-field=${name}]`)?.classList.toggle("visually-hidden", only(name));
  }
  const more = dialog.querySelector<HTMLAnchorElement>("[data-more]");
  const times = { starts_at: forField(span.start), ends_at: forField(span.end) };
  more?.addEventListener("click", () => {
    const chosen = { instrument: field("instrument").value, group: field("group").value, title: field("title").value };
    more.href = `${createAddress}?${new URLSearchParams({ ...times, ...chosen })}`;
  });
  document.body.append(dialog);
  dialog.showModal();
  field("title").focus();

  return new Promise((resolve) => {
    let booked: Booked | null = null;
    let attempt = 0;
    form.addEventListener("submit", (event) => {
      if ((event.submitter as HTMLButtonElement | null)?.value !== "yes") return;
      event.preventDefault();
      const wish = { ...times, instrument: field("instrument").value, group: field("group").value };
      form.toggleAttribute("inert", true);
      attempt += 1;
      server
        .book({ ...wish, title: field("title").value }, `${key}-${attempt}`)
        .then((made) => {
          booked = made;
          dialog.close("yes");
        })
        .catch((error: unknown) => {
          showFaults(form, error instanceof Refused ? error : new Refused([], String(error)));
        })
        .finally(() => form.toggleAttribute("inert", false));
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(booked);
    });
  });
}

function showFaults(form: HTMLFormElement, refused: Refused): void {
  const left: string[] = [];
  const beside = new Map<string, string[]>();
  for (const fault of refused.faults) {
    if (form.querySelector(`[data-field="${CSS.escape(fault.field)}"]`)) {
      beside.set(fault.field, [...(beside.get(fault.field) ?? []), fault.message]);
    } else left.push(fault.message);
  }
  for (const field of form.querySelectorAll<HTMLElement>("[data-field]")) {
    const faults = beside.get(field.dataset["field"] ?? "") ?? [];
    field.classList.toggle("visually-hidden", faults.length === 0 && field.classList.contains("visually-hidden"));
    field.querySelector(".errors")?.replaceChildren(...faults.map(item));
    field.querySelector("input, select")?.toggleAttribute("aria-invalid", faults.length > 0);
  }
  if (refused.faults.length === 0) left.push(refused.message);
  const notice = form.querySelector<HTMLElement>(".notice");
  if (!notice) return;
  notice.hidden = left.length === 0;
  notice.replaceChildren(...[...new Set(left)].map((message) => Object.assign(document.createElement("p"), { textContent: message })));
}

function item(message: string): HTMLElement {
  return Object.assign(document.createElement("li"), { textContent: message });
}
