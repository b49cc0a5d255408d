/**
 * Choose light or dark colours, and tell the style that scripts run. This script runs before the page is shown, so that
 * no page flashes in other colours or grows. The style lays out what is below the answer of the first page when it is no
 * longer early: after the scripts of the page have begun, or when they take long.
 */

const root = document.documentElement;
const KEY = "midstream-theme";
const THEMES = ["light", "dark"];

/** Return the stored choice; empty for that of the system, also if the browser stores nothing. */
function stored(): string {
  try {
    const theme = localStorage.getItem(KEY) ?? "";
    return THEMES.includes(theme) ? theme : "";
  } catch {
    return "";
  }
}

function store(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice holds for this page only.
  }
}

function apply(theme: string): void {
  root.dataset["theme"] = theme;
}

function offerThemes(): void {
  const label = document.querySelector<HTMLElement>("[data-theme-switch]");
  const select = label?.querySelector("select");
  if (!label || !select) return;
  select.value = stored();
  label.hidden = false;
  select.addEventListener("change", () => {
    apply(select.value);
    store(select.value);
  });
}

function layOut(): void {
  root.classList.remove("early");
}

apply(stored());
root.classList.add("scripted", "early");
setTimeout(layOut, 2000);
document.addEventListener("DOMContentLoaded", () => {
  offerThemes();
  setTimeout(layOut); // after what the page's scripts do then
});
