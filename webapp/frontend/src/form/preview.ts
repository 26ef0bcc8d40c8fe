// The plan beside the form follows what is typed; faults appear beside the fields that were touched.

const SETTLE_MS = 350;

interface Preview {
  readonly html: string;
  readonly errors: Readonly<Record<string, readonly string[]>>;
}

export function livePreview(form: HTMLFormElement, panel: HTMLElement): void {
  const address = form.dataset["preview"];
  if (!address) return;
  const touched = new Set<string>();
  let timer = 0;
  let request: AbortController | null = null;

  const ask = async (): Promise<void> => {
    request?.abort();
    const mine = (request = new AbortController());
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { method: "POST", body: new FormData(form), signal: mine.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const preview = (await answer.json()) as Preview;
      panel.innerHTML = preview.html; // made and escaped by our own server
      showErrors(form, preview.errors, touched);
    } catch {
      if (mine.signal.aborted) return;
      panel.textContent =
        form.dataset["previewFailed"] ?? "The plan cannot be drawn just now. The form can be sent all the same.";
    } finally {
      if (request === mine) panel.setAttribute("aria-busy", "false");
    }
  };
  const soon = (event: Event): void => {
    if (event.target instanceof HTMLElement) {
      const name = event.target.closest<HTMLElement>("[data-field]")?.dataset["field"];
      if (name) touched.add(name);
    }
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), SETTLE_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.querySelector<HTMLElement>("[data-preview-button]")?.setAttribute("hidden", "");
  for (const field of form.querySelectorAll<HTMLElement>("[data-field]")) {
    if (field.querySelector(".errors li")) touched.add(field.dataset["field"] ?? "");
  }
  void ask();
}

function showErrors(form: HTMLFormElement, errors: Preview["errors"], touched: ReadonlySet<string>): void {
  for (const field of form.querySelectorAll<HTMLElement>("[data-field]")) {
    // What the preview does not look at keeps the faults that it came back with.
    if (field.closest("[data-not-previewed]")) continue;
    const name = field.dataset["field"] ?? "";
    const list = field.querySelector(".errors");
    const control = field.querySelector("input, select, textarea");
    if (!list || !control) continue;
    const shown = touched.has(name) ? (errors[name] ?? []) : [];
    list.replaceChildren(
      ...shown.map((message) => {
        const item = document.createElement("li");
        item.textContent = message;
        return item;
      }),
    );
    if (shown.length) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}
