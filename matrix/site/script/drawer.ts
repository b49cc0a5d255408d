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

  addEventListener("popstate", () => {
    if (dialog.open && !new URLSearchParams(location.search).get("cell")) dialog.close();
  });

  const wanted = new URLSearchParams(location.search).get("cell");
  const linked = wanted ? find(region, wanted) : undefined;
  if (linked) {
    linked.focus();
    void open(dialog, linked);
  }
}

/** What names a cell in the address: a release and a scenario. */
function cellOf(link: HTMLAnchorElement): string {
  return `${versionOf(link)}/${link.closest("tr")?.id.replace(/^s-/, "") ?? ""}`;
}

function versionOf(link: HTMLAnchorElement): string {
  return decodeURIComponent(new URL(link.href).pathname.split("/").at(-2) ?? "");
}

/** The cell of a scenario in the column that a release is in by now: columns grow. */
function find(region: Element, cell: string): HTMLAnchorElement | undefined {
  const [version, scenario] = cell.split("/");
  const columns = [...region.querySelectorAll<HTMLElement>("thead th[data-versions]")];
  const at = columns.findIndex((column) => column.dataset["versions"]?.split(" ").includes(version ?? ""));
  return document.getElementById(`s-${scenario ?? ""}`)?.querySelectorAll<HTMLAnchorElement>("td > a")[at];
}

let latest = 0;

async function open(dialog: HTMLDialogElement, link: HTMLAnchorElement): Promise<void> {
  const mine = ++latest;
  const url = new URL(link.href);
  link.setAttribute("aria-busy", "true");
  const named = await read(url);
  link.removeAttribute("aria-busy");
  if (mine !== latest) return; // another cell was asked for since
  const entry = named?.closest(".entry");
  const evidence = entry?.querySelector(".drawer");
  if (!named || !entry || !evidence) {
    location.assign(url); // the page itself is the next best thing, and says why
    return;
  }
  for (const one of evidence.querySelectorAll("a")) one.href = new URL(one.getAttribute("href") ?? "", url).href;
  const close = element("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const call = url.hash.slice(1).split("--")[1];
  const lane = link.closest<HTMLElement>("[data-lane]")?.dataset["lane"] ?? "";
  const title = [versionOf(link), entry.id, ...(call ? [call] : []), lane].join(" · ");
  const other = named.closest(".other");
  const ended = other ? [] : [...entry.querySelectorAll("summary .came > *")];
  const alone = other ? [serverOf(evidence), other] : [evidence];
  dialog.replaceChildren(
    element("header", {}, element("h2", { id: "drawer-title" }, title), close),
    element("p", {}, need(entry, "summary .title").textContent ?? ""),
    element("p", { class: "came" }, ...ended.map((one) => document.importNode(one, true))),
    element("div", { class: "drawer" }, ...alone.map((one) => document.adoptNode(one))),
    element("p", {}, element("a", { href: url.href }, `All of ${versionOf(link)}`)),
  );
  if (!dialog.open) {
    const cell = cellOf(link);
    if (new URLSearchParams(location.search).get("cell") !== cell) {
      const there = new URL(location.href);
      there.searchParams.set("cell", cell);
      history.pushState(null, "", there); // so that Back closes it
    }
    dialog.showModal();
  }
  dialog.scrollTop = 0;
  dialog.dispatchEvent(new CustomEvent("filled"));
}

/** What the server did, of an entry's evidence. */
function serverOf(evidence: Element): Element {
  return need(evidence, ".two > div");
}

/** What an address names on another page of this site. */
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
