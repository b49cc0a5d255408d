/** Filter the list of changes by words, lane and impact; the address has the filter. */

import { address, need } from "./dom.ts";

/** How the address writes the empty choice where another one is preset. */
const ALL = "all";

export function filterChanges(): void {
  const form = document.querySelector<HTMLElement>("[data-changes]");
  if (!form) return;
  const fields = [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")];
  const rows = [...document.querySelectorAll<HTMLTableRowElement>(".change-list tbody tr")];
  const count = need(form, "[data-count]");
  const preset = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  const query = new URLSearchParams(location.search);
  for (const field of fields) {
    const given = query.get(field.name);
    const value = given === ALL ? "" : given;
    if (value !== null && (field instanceof HTMLInputElement || [...field.options].some((option) => option.value === value))) field.value = value;
  }
  form.hidden = false;

  function apply(): void {
    const filter = Object.fromEntries(fields.map(({ name, value }) => [name, value.trim()]));
    const words = (filter["q"] ?? "").toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent?.toLowerCase() ?? "";
      row.hidden = !(
        (!filter["lane"] || row.dataset["lane"] === filter["lane"]) &&
        (!filter["impact"] || row.dataset["impact"] === filter["impact"]) &&
        words.every((word) => text.includes(word))
      );
    }
    document.querySelector(".change-list")?.toggleAttribute("data-only", Boolean(filter["lane"]));
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = shown ? `${shown} of ${rows.length} changes` : "No change matches.";
    address(Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, value === preset[name] ? "" : value || ALL])));
  }

  /** Show the change that the address names, whatever the filter. */
  function showNamed(): void {
    const named = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (!named?.hidden) return;
    for (const field of fields) field.value = field.name === "lane" ? (named.dataset["lane"] ?? "") : "";
    apply();
    named.scrollIntoView({ block: "center" });
  }

  form.addEventListener("input", apply);
  addEventListener("hashchange", showNamed);
  apply();
  showNamed();
}
