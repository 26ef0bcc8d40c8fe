// Runs before the page is painted: applies the theme that the visitor chose, and makes the toggle work.

type Theme = "light" | "dark";

const KEY = "theme";

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null; // storage is blocked: the system's preference stands
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // it then lasts for this page only
  }
}

const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const shown = (): Theme => (root.dataset["theme"] as Theme | undefined) ?? (systemIsDark.matches ? "dark" : "light");
const announce = (): boolean => document.dispatchEvent(new CustomEvent("themechange"));

const chosen = stored();
if (chosen) root.dataset["theme"] = chosen;
systemIsDark.addEventListener("change", announce);

document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-toggle]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const theme: Theme = shown() === "dark" ? "light" : "dark";
      root.dataset["theme"] = theme;
      remember(theme);
      announce();
    });
  }
});
