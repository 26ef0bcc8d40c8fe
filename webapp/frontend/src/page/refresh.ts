// Brings parts of the page up to date: fetches the page again and swaps the elements with `data-live="name"` that
// have changed. The server stays the only one that knows how things are shown.

/** Fetch the page again and swap what changed; false when it could not be fetched. */
export async function refresh(): Promise<boolean> {
  let fresh: Document;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return false;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return false;
  }
  for (const old of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const next = fresh.querySelector<HTMLElement>(`[data-live="${CSS.escape(old.dataset["live"] ?? "")}"]`);
    if (next && next.innerHTML !== old.innerHTML) swap(old, next);
  }
  return true;
}

function swap(old: HTMLElement, next: HTMLElement): void {
  const focused = old.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const scrolled = old.querySelector<HTMLElement>("[data-keep-scroll]");
  const atEnd = scrolled ? scrolled.scrollTop + scrolled.clientHeight >= scrolled.scrollHeight - 4 : false;
  const top = scrolled?.scrollTop ?? 0;
  old.replaceChildren(...next.childNodes);
  const log = old.querySelector<HTMLElement>("[data-keep-scroll]");
  if (log) log.scrollTop = atEnd ? log.scrollHeight : top;
  if (focused) document.getElementById(focused)?.focus();
}

/** Keep refreshing while the page is visible. */
export function refreshEvery(milliseconds: number): void {
  setInterval(() => {
    if (!document.hidden) void refresh();
  }, milliseconds);
}
