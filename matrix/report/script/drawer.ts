/**
 * Evidence beside the matrix: a cell opens it in a drawer, and the address names the cell.
 *
 * It is taken from the release's page, which the cell leads to without a script, too.
 */

import { address, element, need } from "./dom.ts";

export function openDrawers(): void {
  const region = document.querySelector("[data-matrix]:has(td > a)");
  if (!region || !location.protocol.startsWith("http")) return; // a file may not read another one
  const dialog = element("dialog", { "aria-labelledby": "drawer-title" });
  document.body.append(dialog);
  dialog.addEventListener("close", () => address({ cell: "" }));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // outside of what is in it
  });

  region.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("td > a");
    const { ctrlKey, metaKey, shiftKey, button } = event as MouseEvent;
    if (!link || ctrlKey || metaKey || shiftKey || button) return;
    event.preventDefault();
    void open(dialog, link);
  });

  const wanted = new URLSearchParams(location.search).get("cell");
  const linked = wanted && [...region.querySelectorAll<HTMLAnchorElement>("td > a")].find((link) => cellOf(link) === wanted);
  if (linked) {
    linked.focus();
    void open(dialog, linked);
  }
}

/** What names a cell in the address: the release and the scenario. */
function cellOf(link: HTMLAnchorElement): string {
  const url = new URL(link.href);
  return `${url.pathname.split("/").at(-2) ?? ""}/${url.hash.slice(1)}`;
}

async function open(dialog: HTMLDialogElement, link: HTMLAnchorElement): Promise<void> {
  const url = new URL(link.href);
  let entry: Element | null = null;
  try {
    const answer = await fetch(url);
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      entry = page.getElementById(url.hash.slice(1));
    }
  } catch {
    // Not to be had: the page itself is the next best thing, and says why.
  }
  const evidence = entry?.querySelector(".drawer");
  if (!entry || !evidence) {
    location.assign(url);
    return;
  }
  for (const one of evidence.querySelectorAll("a")) one.href = new URL(one.getAttribute("href") ?? "", url).href;
  const [version, scenario] = cellOf(link).split("/");
  const close = element("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(
    element("header", {}, element("h2", { id: "drawer-title" }, `${decodeURIComponent(version ?? "")}, ${scenario ?? ""}`), close),
    element("p", {}, need(entry, "summary .title").textContent ?? ""),
    document.adoptNode(evidence),
    element("p", {}, element("a", { href: url.href }, `All of ${decodeURIComponent(version ?? "")}`)),
  );
  address({ cell: cellOf(link) });
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.dispatchEvent(new CustomEvent("filled"));
}
