// Elements with `data-age` (a <time>) say how old the data on the page are, so that a screen on the wall that has lost
// its network does not pass off old news as new.

/** "12 s ago", "3 min ago", "2 h ago". */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s ago`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  return `${Math.floor(whole / 3600)} h ago`;
}

/** Keep the ages on the page up to date. Counted by this machine's clock from when the page's data came. */
export function showAges(): void {
  let shown = "";
  let since = Date.now();
  if (!document.querySelector("[data-age]")) return;
  setInterval(() => {
    const element = document.querySelector<HTMLTimeElement>("[data-age]");
    if (!element) return;
    if (element.dateTime !== shown) {
      shown = element.dateTime;
      since = Date.now();
    }
    element.dataset["at"] ??= element.textContent ?? "";
    const seconds = (Date.now() - since) / 1000;
    element.textContent = `${element.dataset["at"] ?? ""}, ${ageText(seconds)}`;
    element.classList.toggle("stale", seconds > Number(element.dataset["staleAfter"]));
  }, 1000);
}
