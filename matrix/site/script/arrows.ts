/** Move through a matrix with the arrow keys: the matrix is one tab stop, and every cell can be reached. */

import { CHANGED } from "./matrix.ts";

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function walkMatrix(): void {
  for (const region of document.querySelectorAll("[data-matrix]")) walk(region);
}

/** Scroll a cell out from under the row headers, which stay in place when the matrix scrolls sideways. */
function uncover(region: Element, link: HTMLAnchorElement): void {
  const scroller = region.querySelector(".sheet") ?? region;
  const header = link.closest("tr")?.querySelector("th");
  const covered = header ? header.getBoundingClientRect().right - link.getBoundingClientRect().left : 0;
  if (covered > 0) scroller.scrollLeft -= covered + 4;
}

function walk(region: Element): void {
  /** Return the cells that are in view, row by row. */
  function grid(): HTMLAnchorElement[][] {
    return [...region.querySelectorAll<HTMLTableRowElement>("tbody tr")]
      .map((row) => [...row.querySelectorAll<HTMLAnchorElement>("td > a")].filter((link) => link.getClientRects().length > 0))
      .filter((row) => row.length > 0);
  }

  /** Make one cell the tab stop. */
  function rest(stop: HTMLAnchorElement | undefined): void {
    for (const link of region.querySelectorAll<HTMLAnchorElement>("td > a")) link.tabIndex = link === stop ? 0 : -1;
  }

  /** Keep the tab stop if it is in view; else rest at the first cell that is. */
  function settle(): void {
    const stop = region.querySelector<HTMLAnchorElement>("td > a[tabindex='0']");
    rest(stop?.getClientRects().length ? stop : grid()[0]?.[0]);
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
    if (event.target instanceof HTMLAnchorElement && event.target.matches("td > a")) rest(event.target);
  });

  region.addEventListener(CHANGED, settle);
  // It lays out the whole matrix, so it waits for a reader with a keyboard, whose first key comes before any tab stop.
  addEventListener("keydown", settle, { capture: true, once: true });
}
