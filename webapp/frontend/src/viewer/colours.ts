// The colours of the canvas, read from the page's tokens so that it follows light and dark.

export interface Colours {
  readonly ink: string;
  readonly inkSoft: string;
  readonly grid: string;
  readonly trace: string;
  readonly signal: string;
  readonly noise: string;
  readonly font: string;
}

export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: token("--ink"),
    inkSoft: token("--ink-soft"),
    grid: token("--plot-grid"),
    trace: token("--plot-trace"),
    signal: token("--signal"),
    noise: token("--plot-noise"),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** Call back whenever the theme changes, by the toggle or by the system. */
export function onThemeChange(callback: () => void): void {
  document.addEventListener("themechange", callback);
}
