/** Move through a matrix with the arrow keys: the matrix is one tab stop, and every cell can be reached. */

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function walkMatrix(): void {
  for (const region of document.querySelectorAll("[data-matrix]")) {
    const links = [...region.querySelectorAll<HTMLAnchorElement>("td > a")];
    if (links.length) walk(region, links);
  }
}

/** Scroll a cell out from under the row headers, which stay in place when the matrix scrolls sideways. */
function uncover(region: Element, link: HTMLAnchorElement): void {
  const header = link.closest("tr")?.querySelector("th");
  const covered = header ? header.getBoundingClientRect().right - link.getBoundingClientRect().left : 0;
  if (covered > 0) region.scrollLeft -= covered + 4;
}

function walk(region: Element, links: HTMLAnchorElement[]): void {
  for (const link of links.slice(1)) link.tabIndex = -1;

  function grid(): HTMLAnchorElement[][] {
    const rows = [...region.querySelectorAll<HTMLTableRowElement>("tr:not([hidden])")];
    return rows
      .map((row) => [...row.querySelectorAll<HTMLAnchorElement>("td > a")])
      .filter((row) => row.length > 0 && row[0]!.getClientRects().length > 0);
  }

  region.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event as KeyboardEvent;
    if (altKey || ctrlKey || metaKey || shiftKey) return; // the browser's own shortcuts, such as Alt+Left for Back
    if (!(target instanceof HTMLAnchorElement) || !target.matches("td > a")) return;
    const rows = grid();
    const y = rows.findIndex((row) => row.includes(target));
    const x = rows[y]?.indexOf(target) ?? -1;
    const row = rows[y];
    if (!row) return;
    const [dy, dx] = STEPS[key] ?? [0, 0];
    const next = key === "Home" ? row[0] : key === "End" ? row.at(-1) : dy || dx ? rows[y + dy]?.[x + dx] : undefined;
    if (!next) return;
    event.preventDefault();
    next.focus();
    uncover(region, next);
  });

  region.addEventListener("focusin", (event) => {
    if (!(event.target instanceof HTMLAnchorElement) || !event.target.matches("td > a")) return;
    for (const link of links) link.tabIndex = link === event.target ? 0 : -1;
  });

  // A filter may hide the tab stop: then the first visible cell becomes the tab stop.
  document.querySelector("[data-filter]")?.addEventListener("input", () => {
    const first = grid()[0]?.[0];
    if (first && !grid().flat().some((link) => link.tabIndex === 0)) first.tabIndex = 0;
  });
}
