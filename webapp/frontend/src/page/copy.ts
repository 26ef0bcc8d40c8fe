// Buttons with `data-copy="selector"` copy that element's text.

export function copyButtons(): void {
  if (!navigator.clipboard) return; // not over plain http: the text can still be selected
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    const source = document.querySelector(button.dataset["copy"] ?? "");
    if (!source) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      void navigator.clipboard.writeText(source.textContent ?? "").then(() => {
        button.textContent = "Copied";
      });
    });
  }
}
