/** The rolled-up matrix: open its groups, load their rows where the page has none, and put the reader's release first. */

import { address, element, keep, need, readPage } from "./dom.ts";
import { hearRelease, meantRelease, tellRelease } from "./session.ts";
import { releasesOf } from "./spelling.ts";

/** The event of a matrix whose visible cells may have changed. */
export const CHANGED = "changed";

const PHONE = "(max-width: 40rem)";

/** Return the rolled-up matrix of this page, if it has one. */
export function findMatrix(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-matrix]:has(.rolled)");
}

/** Return whether the rows of a matrix are in the page, or may be fetched: a page opened from a file may fetch nothing. */
export function hasRows(region: HTMLElement): boolean {
  return region.dataset["rows"] === undefined || location.protocol.startsWith("http");
}

export function rollMatrix(): void {
  const region = findMatrix();
  if (!region) return;
  if (hasRows(region)) {
    region.classList.add("toggled"); // from here on the toggles alone say what is open
    for (const link of region.querySelectorAll<HTMLAnchorElement>("a.opens")) link.replaceWith(toggleFor(link));
    for (const toggle of togglesOf(region)) openBy(region, toggle);
    addEventListener("hashchange", () => void openNamed(region));
    void openNamed(region);
  }
  pinReleases(region);
  const cell = new URLSearchParams(location.search).get("cell");
  if (cell) void openCell(region, cell);
  region.querySelector(".older input")?.addEventListener("change", () => region.dispatchEvent(new Event(CHANGED)));
  foldTools();
}

// Groups.

export function togglesOf(region: HTMLElement): HTMLInputElement[] {
  return [...region.querySelectorAll<HTMLInputElement>(".opens input")];
}

export function toggleOf(row: Element): HTMLInputElement | null {
  return row.closest("tbody")?.querySelector<HTMLInputElement>(".opens input") ?? null;
}

function toggleFor(link: HTMLAnchorElement): HTMLLabelElement {
  const toggle = element("input", { type: "checkbox", "data-page": link.href });
  return element("label", { class: "opens" }, toggle, " ", element("span", {}, link.textContent ?? ""));
}

function openBy(region: HTMLElement, toggle: HTMLInputElement): void {
  toggle.addEventListener("change", async () => {
    if (toggle.checked && !(await loadRows(region))) location.assign(toggle.dataset["page"] ?? "");
    region.dispatchEvent(new Event(CHANGED));
  });
  toggle.addEventListener("keydown", (event) => {
    if (event.key === "Enter") toggle.click();
  });
}

/** Open the group that the address names, or the group of the scenario that it names. */
async function openNamed(region: HTMLElement): Promise<void> {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!/^[gs]-/.test(id) || !(await loadRows(region))) return;
  const named = document.getElementById(id);
  const toggle = named && toggleOf(named);
  if (!named || !toggle) return;
  toggle.checked = true;
  region.dispatchEvent(new Event(CHANGED));
  named.scrollIntoView();
}

/** Open the evidence of the cell that the address names, by release and scenario. */
async function openCell(region: HTMLElement, cell: string): Promise<void> {
  if (!hasRows(region) || !(await loadRows(region))) return;
  const [version = "", scenario = ""] = cell.split("/");
  // The column may have more releases than when the link was made.
  const at = columnsOf(region).findIndex((column) => column.dataset["versions"]?.split(" ").includes(version));
  const row = document.getElementById(`s-${scenario}`);
  const link = row?.querySelectorAll<HTMLAnchorElement>("td > a")[at];
  const toggle = row && toggleOf(row);
  if (!link || !toggle) return;
  toggle.checked = true;
  region.dispatchEvent(new Event(CHANGED));
  link.focus();
  link.click();
}

let loading: Promise<boolean> | undefined;

/** Load the rows of the groups from the page that has them all; return whether they are there. */
export function loadRows(region: HTMLElement): Promise<boolean> {
  const path = region.dataset["rows"];
  if (path === undefined) return Promise.resolve(true);
  loading ??= fetchRows(region, new URL(path, location.href)).then((isDone) => {
    if (!isDone) loading = undefined; // so that another attempt may succeed
    return isDone;
  });
  return loading;
}

async function fetchRows(region: HTMLElement, url: URL): Promise<boolean> {
  const table = need<HTMLTableElement>(region, "table");
  region.setAttribute("aria-busy", "true");
  const whole = await fetchTable(url);
  region.removeAttribute("aria-busy");
  if (!whole || releasesIn(whole) !== releasesIn(table)) return false; // the site changed meanwhile
  for (const link of whole.querySelectorAll("a")) link.href = new URL(link.getAttribute("href") ?? "", url).href;
  for (const group of table.tBodies) {
    const rows = whole.querySelectorAll<HTMLTableRowElement>(`#${CSS.escape(group.id)} > tr:not(.group)`);
    for (const row of rows) {
      group.append(document.adoptNode(row));
      if (pinned !== undefined) putFirst(row, pinned);
    }
  }
  region.dispatchEvent(new Event(CHANGED));
  return true;
}

async function fetchTable(url: URL): Promise<HTMLTableElement | null> {
  try {
    return (await readPage(url)).querySelector<HTMLTableElement>("table.rolled");
  } catch {
    return null;
  }
}

function releasesIn(table: HTMLTableElement): string {
  return columnsOf(table).map((column) => column.dataset["versions"]).sort().join();
}

// Releases.

function columnsOf(region: Element): HTMLElement[] {
  return [...region.querySelectorAll<HTMLElement>("thead th[data-versions]")];
}

/** The place of the column that stands first, counted before it was moved. */
let pinned: number | undefined;

/** Mark the column of the reader's release, and move it next to the names; on a phone it is the only one in view. */
function pinReleases(region: HTMLElement): void {
  const table = need<HTMLTableElement>(region, "table");
  const columns = columnsOf(region);
  const releases = columns.map((column) => (column.dataset["versions"] ?? "").split(" ").reverse());
  const folded = columns.map((column) => column.classList.contains("old"));
  const picker = region.querySelector<HTMLElement>("[data-picker]");
  const select = picker?.querySelector("select");
  const name = element("strong", { class: "title" });
  let mine = "";

  function pin(text: string): void {
    const [version] = releasesOf(text, releases.flat(), region.dataset["package"] ?? "");
    const place = releases.findIndex((members) => version !== undefined && members.includes(version));
    for (const row of table.rows) {
      if (pinned !== undefined) putBack(row, pinned, folded[pinned]!);
      if (place >= 0) putFirst(row, place);
    }
    pinned = place >= 0 ? place : undefined;
    mine = place >= 0 ? version! : "";
    name.remove();
    if (place >= 0) {
      name.textContent = `my release: ${mine}`;
      columns[place]!.append(name);
      if (select) select.value = releases[place]![0]!;
      keep({ release: text });
    }
    region.dispatchEvent(new Event(CHANGED));
  }

  if (picker && select) {
    picker.hidden = false;
    select.addEventListener("change", () => {
      address({ release: select.value });
      pin(select.value);
      tellRelease(select.value);
    });
  }
  hearRelease((version) => {
    if (version !== mine) pin(version);
  });
  const chosen = meantRelease();
  if (chosen) pin(chosen);
}

function putFirst(row: HTMLTableRowElement, place: number): void {
  const cell = row.cells[place + 1]!;
  row.insertBefore(cell, row.cells[1]!);
  cell.classList.remove("old");
  cell.classList.add("mine");
}

function putBack(row: HTMLTableRowElement, place: number, isFolded: boolean): void {
  const cell = row.cells[1]!;
  row.insertBefore(cell, row.cells[place + 2] ?? null);
  cell.classList.toggle("old", isFolded);
  cell.classList.remove("mine");
}

/** On a phone, fold what chooses another matrix, so that the answers are in view; unless the matrix is filtered. */
function foldTools(): void {
  const tools = document.querySelector<HTMLDetailsElement>("[data-tools]");
  if (!tools) return;
  const phone = matchMedia(PHONE);
  const isFiltered = ["q", "verdict", "differs"].some((name) => new URLSearchParams(location.search).get(name));
  const fold = (): void => {
    tools.open = !phone.matches || isFiltered;
  };
  phone.addEventListener("change", fold);
  fold();
}
