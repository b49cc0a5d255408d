/** Find a release: list the matches of the typed version or range; Enter opens the first. */

import { element, need } from "./dom.ts";
import { prefixOf, releasesOf } from "./spelling.ts";

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
  const versions = releases.map(({ version }) => version);
  const name = form.dataset["package"] ?? "";
  form.hidden = false;

  function show(): void {
    const typed = prefixOf(input.value, name); // may be the beginning of a longer version
    const begun = typed ? versions.filter((version) => version.startsWith(typed)) : [];
    const matching = [...new Set([...releasesOf(input.value, versions, name), ...begun])];
    const first = matching.slice(0, MOST).map((version) => releases[versions.indexOf(version)]!);
    results.hidden = first.length === 0;
    results.replaceChildren(...first.map(({ href, version }) => element("li", {}, element("a", { href }, version))));
    const more = matching.length > MOST ? `, the first ${MOST} listed` : "";
    status.textContent = !input.value.trim()
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
