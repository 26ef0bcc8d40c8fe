// After a form came back with faults, the first faulty field gets the focus.

export function focusFirstError(form: HTMLFormElement): void {
  const control = form.querySelector<HTMLElement>("[aria-invalid=true]");
  control?.closest("details")?.setAttribute("open", "");
  control?.focus();
}
