/** Filter the matrix. The address has the filter, so that it survives a reload and can be shared. */

import { address, keep, need } from "./dom.ts";
import { CHANGED, findMatrix, hasRows, loadRows, toggleOf } from "./matrix.ts";

type Field = HTMLInputElement | HTMLSelectElement;
type Filter = Record<"q" | "verdict" | "differs", string>;

export function filterMatrix(): void {
  const form = document.querySelector<HTMLElement>("[data-filter]");
  const matrix = findMatrix();
  if (!form || !matrix || !hasRows(matrix)) return;
  const region: HTMLElement = matrix;
  const table = need<HTMLTableElement>(region, "table");
  const fields = [...form.querySelectorAll<Field>("[name]")];
  const count = need(form, "[data-count]");
  const total = count.textContent;
  const opened = new Set<HTMLInputElement>();
  const query = new URLSearchParams(location.search);
  if (!query.get("q")) query.set("q", query.get("family") ?? ""); // a link that was made when families had their own field
  write(fields, query);
  form.hidden = false;

  async function apply(): Promise<void> {
    const filter = read(fields);
    address({ ...filter, family: "" });
    keep(filter);
    const isFiltered = Object.values(filter).some(Boolean);
    if (isFiltered && !(await loadRows(region))) {
      count.textContent = "The scenarios could not be loaded. Try again.";
      return;
    }
    show(isFiltered ? read(fields) : filter, isFiltered); // the filter may have changed while rows were loaded
  }

  function show(filter: Filter, isFiltered: boolean): void {
    const rows = [...table.querySelectorAll<HTMLTableRowElement>("tbody tr:not(.group)")];
    for (const row of rows) row.hidden = !matches(row, filter);
    const shown = rows.filter((row) => !row.hidden);
    for (const group of table.tBodies) group.hidden = isFiltered && !group.querySelector("tr:not(.group, [hidden])");
    if (isFiltered) for (const row of shown) open(toggleOf(row));
    else close();
    count.textContent = !isFiltered
      ? total
      : shown.length
        ? `${shown.length} of ${total}`
        : "No scenario matches. Reset shows all scenarios.";
    region.dispatchEvent(new Event(CHANGED));
  }

  function open(toggle: HTMLInputElement | null): void {
    if (!toggle || toggle.checked) return;
    toggle.checked = true;
    opened.add(toggle);
  }

  /** Close what the filter opened, and nothing that the reader opened. */
  function close(): void {
    for (const toggle of opened) toggle.checked = false;
    opened.clear();
  }

  form.addEventListener("input", () => void apply());
  need(form, "[data-reset]").addEventListener("click", () => {
    write(fields, new URLSearchParams());
    void apply();
  });
  if (fields.some(({ name }) => query.get(name))) void apply();
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

function matches(row: HTMLTableRowElement, filter: Filter): boolean {
  const text = `${row.cells[0]?.textContent} ${row.dataset["terms"] ?? ""}`.toLowerCase();
  return (
    filter.q.toLowerCase().split(/\s+/).every((word) => text.includes(word)) &&
    (!filter.verdict || row.querySelector(`td > .m-${CSS.escape(filter.verdict)}`) !== null) &&
    (!filter.differs || row.dataset["differs"] !== undefined)
  );
}
