// Short messages of the calendar: what was done, with a way back, and why something was refused, where it happened.

const UNDO_MS = 15_000;

let region: HTMLElement | null = null;

/** Says what was done; `undo` offers to take it back. */
export function toast(message: string, undo?: () => void): void {
  region ??= makeRegion();
  const box = document.createElement("div");
  box.className = "toast";
  box.append(Object.assign(document.createElement("span"), { textContent: message }));
  const close = (): void => box.remove();
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = "Undo";
    button.addEventListener("click", () => {
      close();
      undo();
    });
    box.append(button);
  }
  region.replaceChildren(box);
  // Who is about to press the button keeps it.
  const leave = (): void => {
    if (box.matches(":hover, :focus-within")) setTimeout(leave, UNDO_MS);
    else close();
  };
  setTimeout(leave, UNDO_MS);
}

/** Says why something was refused, at the place where it was tried; Escape, its button or the next one closes it. */
export function refusal(reason: string, at: DOMRect): void {
  document.querySelector(".refusal")?.remove();
  const box = document.createElement("div");
  box.className = "refusal notice error";
  box.setAttribute("role", "alert");
  const text = Object.assign(document.createElement("p"), { textContent: reason });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.textContent = "I see";
  const close = (): void => {
    box.remove();
    document.removeEventListener("keydown", onKey);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
  };
  button.addEventListener("click", close);
  document.addEventListener("keydown", onKey);
  box.append(text, button);
  document.body.append(box);
  const margin = 8;
  const left = Math.min(Math.max(margin, at.left), innerWidth - box.offsetWidth - margin);
  const below = at.bottom + margin + box.offsetHeight < innerHeight;
  const top = below ? at.bottom + margin : Math.max(margin, at.top - box.offsetHeight - margin);
  box.style.insetInlineStart = `${Math.max(margin, left)}px`;
  box.style.insetBlockStart = `${Math.min(Math.max(margin, top), innerHeight - box.offsetHeight - margin)}px`;
}

function makeRegion(): HTMLElement {
  const made = document.createElement("div");
  made.className = "toasts";
  made.setAttribute("role", "status");
  document.body.append(made);
  return made;
}
