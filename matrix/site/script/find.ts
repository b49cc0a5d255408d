/** Find a release: list the matches of the typed version; Enter opens the first. */

import { element, need } from "./dom.ts";

const MOST = 12;

export function findRelease(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-find]");
  if (!form) return;
  const input = need<HTMLInputElement>(form, "input");
  const status = need(form, "[data-status]");
  const results = need<HTMLUListElement>(document, "[data-results]");
  const releases = [...document.querySelectorAll<HTMLAnchorElement>("[data-releases] a")].map((link) => ({
    version: link.textContent ?? "",
    href: link.href,
  }));
  const name = (form.dataset["package"] ?? "").toLowerCase();
  form.hidden = false;

  function show(): void {
    const prefix = normal(input.value, name);
    const matching = prefix ? releases.filter(({ version }) => version.startsWith(prefix)) : [];
    // The exact version, then its patches, then other versions with this prefix; each newest first, as in the list.
    const rank = (version: string) => (version === prefix ? 0 : version.startsWith(`${prefix}.`) ? 1 : 2);
    const first = [...matching].sort((x, y) => rank(x.version) - rank(y.version)).slice(0, MOST);
    results.hidden = first.length === 0;
    results.replaceChildren(...first.map(({ href, version }) => element("li", {}, element("a", { href }, version))));
    const more = matching.length > MOST ? `, the first ${MOST} listed` : "";
    status.textContent = !prefix
      ? ""
      : matching.length
        ? `${matching.length} release${matching.length === 1 ? "" : "s"}${more}`
        : `This site has no such release. The newest is ${releases[0]?.version ?? "unknown"}.`;
  }

  input.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = results.querySelector("a");
    if (first) location.assign(first.href);
  });
  show(); // a reload keeps the typed version
}

/** Remove what people write before a version: `v`, `==`, the name of the package. */
function normal(text: string, name: string): string {
  const lower = text.trim().toLowerCase();
  return (lower.startsWith(name) ? lower.slice(name.length).trimStart() : lower).replace(/^(===?|~=|v)\s*/, "");
}
