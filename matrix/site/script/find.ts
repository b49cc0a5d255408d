/** Find a release: as one types, those that match; Enter goes to the first. */

import { element, need } from "./dom.ts";

const MOST = 12;

export function findRelease(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-find]");
  if (!form) return;
  const input = need<HTMLInputElement>(form, "input");
  const found = need(form, "[data-found]");
  const results = need<HTMLUListElement>(document, "[data-results]");
  const releases = [...document.querySelectorAll<HTMLAnchorElement>("[data-releases] a")].map((link) => ({
    version: link.textContent ?? "",
    href: link.href,
  }));
  const name = (form.dataset["package"] ?? "").toLowerCase();
  form.hidden = false;

  function show(): void {
    const wanted = normal(input.value, name);
    const matching = wanted ? releases.filter((one) => one.version.startsWith(wanted)) : [];
    // What is written exactly, then its fixes, then what merely begins so; each newest first, as they stand.
    const rank = (version: string) => (version === wanted ? 0 : version.startsWith(`${wanted}.`) ? 1 : 2);
    const first = [...matching].sort((one, other) => rank(one.version) - rank(other.version)).slice(0, MOST);
    results.hidden = first.length === 0;
    results.replaceChildren(...first.map((one) => element("li", {}, element("a", { href: one.href }, one.version))));
    const more = matching.length > MOST ? `, ${MOST} of them here` : "";
    found.textContent = !wanted
      ? ""
      : matching.length
        ? `${matching.length} release${matching.length === 1 ? "" : "s"}${more}`
        : `There is no such release here; the newest is ${releases[0]?.version ?? "unknown"}.`;
  }

  input.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = results.querySelector("a");
    if (first) location.assign(first.href);
  });
  show(); // what was typed before a reload is still there
}

/** What people write before a version: `v`, `==`, the name of the package. */
function normal(text: string, name: string): string {
  const lower = text.trim().toLowerCase();
  return (lower.startsWith(name) ? lower.slice(name.length).trimStart() : lower).replace(/^(===?|~=|v)\s*/, "");
}
