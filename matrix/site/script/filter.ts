/** Filter the matrix. The address has the filter, so that it survives a reload and can be shared. */

import { address, need } from "./dom.ts";

type Field = HTMLInputElement | HTMLSelectElement;
type Filter = Record<"q" | "family" | "verdict" | "differs", string>;

export function filterMatrix(): void {
  const form = document.querySelector<HTMLElement>("[data-filter]");
  if (!form) return;
  const fields = [...form.querySelectorAll<Field>("[name]")];
  const table = need<HTMLTableElement>(document, "[data-matrix] table");
  const rows = [...table.querySelectorAll<HTMLTableRowElement>("tbody tr:not(.family)")];
  const count = need(form, "[data-count]");
  write(fields, new URLSearchParams(location.search));
  form.hidden = false;

  function apply(): void {
    const filter = read(fields);
    for (const row of rows) row.hidden = !shows(row, filter);
    for (const group of table.tBodies) group.hidden = !group.querySelector("tr:not(.family, [hidden])");
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent =
      shown === rows.length ? `${shown} scenarios` : shown ? `${shown} of ${rows.length} scenarios` : "No scenario matches. Reset shows all scenarios.";
    address(filter);
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-keep]")) keep(link, filter);
  }

  form.addEventListener("input", apply);
  need(form, "[data-reset]").addEventListener("click", () => {
    write(fields, new URLSearchParams());
    apply();
  });
  apply();
}

function read(fields: Field[]): Filter {
  const values = fields.map((field) => [field.name, isTick(field) ? (field.checked ? field.value : "") : field.value.trim()]);
  return Object.fromEntries(values) as Filter;
}

/** Fill the fields from a query; skip a value that a field does not offer. */
function write(fields: Field[], query: URLSearchParams): void {
  for (const field of fields) {
    const value = query.get(field.name) ?? "";
    if (isTick(field)) field.checked = value === field.value;
    else if (!(field instanceof HTMLSelectElement) || [...field.options].some((option) => option.value === value)) field.value = value;
  }
}

function isTick(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "checkbox";
}

function shows(row: HTMLTableRowElement, filter: Filter): boolean {
  const text = `${row.cells[0]?.textContent} ${row.dataset["terms"] ?? ""}`.toLowerCase();
  return (
    filter.q.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
    (!filter.family || row.parentElement?.dataset["family"] === filter.family) &&
    (!filter.verdict || row.querySelector(`td > .m-${CSS.escape(filter.verdict)}`) !== null) &&
    (!filter.differs || row.dataset["differs"] !== undefined)
  );
}

/** Keep the filter in the links to other lanes and calls. */
function keep(link: HTMLAnchorElement, filter: Filter): void {
  const url = new URL(link.href);
  for (const [name, value] of Object.entries(filter)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  link.href = url.href;
}
