/** The filters of the matrix: they live in the address, so they survive a reload and can be shared. */

import { address, need } from "./dom.ts";

const FIELDS = ["q", "family", "verdict", "differs"] as const;
type Filter = Record<(typeof FIELDS)[number], string>;

export function filterMatrix(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-filter]");
  if (!form) return;
  const table = need<HTMLTableElement>(document, "[data-matrix] table");
  const rows = [...table.querySelectorAll<HTMLTableRowElement>("tbody:not(.family) tr")];
  const count = need(form, "[data-count]");
  write(form, new URLSearchParams(location.search));
  form.hidden = false;

  function apply(): void {
    const filter = read(form!);
    for (const row of rows) row.hidden = !shows(row, filter);
    for (const group of table.tBodies) {
      const members = table.querySelectorAll(`tbody:not(.family)[data-family="${CSS.escape(group.dataset["family"] ?? "")}"] tr:not([hidden])`);
      group.hidden = members.length === 0;
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = shown === rows.length ? `${shown} scenarios` : `${shown} of ${rows.length} scenarios`;
    address(filter);
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-keep]")) keep(link, filter);
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply)); // the fields are reset after the event
  apply();
}

function read(form: HTMLFormElement): Filter {
  const data = new FormData(form);
  return Object.fromEntries(FIELDS.map((name) => [name, String(data.get(name) ?? "").trim()])) as Filter;
}

/** Fills the form from a query; a value that the form does not offer is left out. */
function write(form: HTMLFormElement, query: URLSearchParams): void {
  for (const name of FIELDS) {
    const field = form.elements.namedItem(name);
    const value = query.get(name) ?? "";
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value === "1";
    else if (field instanceof HTMLInputElement) field.value = value;
    else if (field instanceof HTMLSelectElement && [...field.options].some((one) => one.value === value)) field.value = value;
  }
}

function shows(row: HTMLTableRowElement, filter: Filter): boolean {
  const text = row.cells[0]?.textContent?.toLowerCase() ?? "";
  return (
    filter.q.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
    (!filter.family || row.parentElement?.dataset["family"] === filter.family) &&
    (!filter.verdict || row.querySelector(`td > .m-${CSS.escape(filter.verdict)}`) !== null) &&
    (!filter.differs || row.dataset["differs"] !== undefined)
  );
}

/** Another lane or call is looked at through the same filter. */
function keep(link: HTMLAnchorElement, filter: Filter): void {
  const url = new URL(link.href);
  for (const [name, value] of Object.entries(filter)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  link.href = url.href;
}
