/**
 * Show the evidence of a cell of the matrix in a drawer; the address names the cell.
 *
 * The evidence comes from the page of the release, to which the cell links without a script.
 */

import { address, element, need } from "./dom.ts";

export function openDrawers(): void {
  const region = document.querySelector("[data-matrix][data-lane]:has(td > a)");
  if (!region || !location.protocol.startsWith("http")) return; // a page that is opened from a file may not fetch another
  const dialog = element("dialog", { "aria-labelledby": "drawer-title" });
  document.body.append(dialog);
  dialog.addEventListener("close", () => address({ cell: "" }));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // a click on the backdrop
  });

  region.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("td > a");
    const { ctrlKey, metaKey, shiftKey, button } = event as MouseEvent;
    if (!link || ctrlKey || metaKey || shiftKey || button) return;
    event.preventDefault();
    void open(dialog, link);
  });

  addEventListener("popstate", () => {
    if (dialog.open && !new URLSearchParams(location.search).get("cell")) dialog.close();
  });
}

/** Name a cell in the address: by release and scenario. */
function cellOf(link: HTMLAnchorElement): string {
  return `${versionOf(link)}/${decodeURIComponent(link.hash.slice(1)).split("--")[0]}`;
}

function versionOf(link: HTMLAnchorElement): string {
  const parts = new URL(link.href).pathname.split("/");
  return decodeURIComponent(parts[parts.lastIndexOf("releases") + 1] ?? "");
}

let latest = 0;

async function open(dialog: HTMLDialogElement, link: HTMLAnchorElement): Promise<void> {
  const mine = ++latest;
  const url = new URL(link.href);
  link.setAttribute("aria-busy", "true");
  const named = await read(url);
  link.removeAttribute("aria-busy");
  if (mine !== latest) return; // the visitor chose another cell meanwhile
  const entry = named?.closest(".entry");
  const evidence = entry?.querySelector(".drawer");
  if (!named || !entry || !evidence) {
    location.assign(url); // show the page itself instead
    return;
  }
  for (const anchor of evidence.querySelectorAll("a")) anchor.href = new URL(anchor.getAttribute("href") ?? "", url).href;
  const close = element("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const call = url.hash.slice(1).split("--")[1];
  const { lane = "", client = "" } = link.closest<HTMLElement>("[data-lane]")?.dataset ?? {};
  const title = [versionOf(link), ...(call ? [] : [client]), entry.id, call ?? "", lane].filter(Boolean).join(" · ");
  const other = named.closest(".other");
  const outcomes = other ? [] : [...entry.querySelectorAll("summary .came > *")];
  const parts = other ? [serverOf(evidence), other] : [evidence];
  dialog.replaceChildren(
    element("header", {}, element("h2", { id: "drawer-title" }, title), close),
    element("p", {}, need(entry, "summary .title").textContent ?? ""),
    element("p", { class: "came" }, ...outcomes.map((node) => document.importNode(node, true))),
    element("div", { class: "drawer" }, ...parts.map((node) => document.adoptNode(node))),
    element("p", {}, element("a", { href: url.href }, `All evidence for ${versionOf(link)}`)),
  );
  if (!dialog.open) {
    const cell = cellOf(link);
    if (new URLSearchParams(location.search).get("cell") !== cell) {
      const there = new URL(location.href);
      there.searchParams.set("cell", cell);
      history.pushState(null, "", there); // so that Back closes the drawer
    }
    dialog.showModal();
  }
  dialog.scrollTop = 0;
  dialog.dispatchEvent(new CustomEvent("filled"));
}

/** Return the part of an entry's evidence that shows the server. */
function serverOf(evidence: Element): Element {
  return need(evidence, ".two > div");
}

/** Fetch the element that an address names on another page of this site. */
async function read(url: URL): Promise<Element | null> {
  try {
    const answer = await fetch(url);
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById(decodeURIComponent(url.hash.slice(1)));
  } catch {
    return null;
  }
}
