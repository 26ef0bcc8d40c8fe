// Asks before a form with `data-confirm` is sent. Without this script the form is sent at once.

export function confirmForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    const question = form.dataset["confirm"];
    if (!question || form.dataset["confirmed"]) return;
    event.preventDefault();
    void ask(question, form.dataset["confirmYes"] ?? "Yes", form.dataset["confirmNo"] ?? "No").then((yes) => {
      if (!yes) return;
      form.dataset["confirmed"] = "yes";
      form.requestSubmit();
    });
  });
}

/** A question in a dialog of its own. */
export function ask(question: string, yes: string, no: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "confirm-question");
  const text = document.createElement("p");
  text.id = "confirm-question";
  text.textContent = question;
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "row";
  form.append(button(no, "no", ""), button(yes, "yes", "danger"));
  dialog.append(text, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
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
