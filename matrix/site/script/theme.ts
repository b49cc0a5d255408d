/**
 * Choose light or dark colours, and tell the style that scripts run. This script runs before the page is shown, so that
 * no page flashes in other colours or grows.
 */

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
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    // The choice holds for this page only.
  }
}

function apply(theme: string): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
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

apply(stored());
document.documentElement.classList.add("scripted");
document.addEventListener("DOMContentLoaded", offerThemes);
