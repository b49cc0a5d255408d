/**
 * Show the evidence of a scenario in a drawer; the address names it.
 *
 * A cell of the matrix and a failure on the page of a release open it. Without a script, the cell links to the page of
 * the release, and that to a page with the same evidence.
 */

import { address, element } from "./dom.ts";
import { canLoad, loadEvidence, pageOf, pageOfRelease, releaseOf, type Subject } from "./evidence.ts";

export function openDrawers(): void {
  if (!canLoad()) return;
  const region = document.querySelector("[data-matrix][data-lane]:has(td > a)");
  if (region) openFromMatrix(region);
  else if (releaseOf(new URL(location.href))) openFromRelease();
}

// From the matrix.

function openFromMatrix(region: Element): void {
  const drawer = new Drawer(() => address({ cell: "" }));
  region.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("td > a");
    if (!link || isForBrowser(event as MouseEvent)) return;
    event.preventDefault();
    open(drawer, link);
  });

  addEventListener("popstate", () => {
    if (!new URLSearchParams(location.search).get("cell")) drawer.close();
  });
}

/** Whether the browser has to follow a click itself, such as into a new tab. */
function isForBrowser({ ctrlKey, metaKey, shiftKey, button }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey || button !== 0;
}

/** Name a cell in the address: by release and scenario. */
function cellOf(link: HTMLAnchorElement): string {
  return `${releaseOf(new URL(link.href))?.version ?? ""}/${scenarioOf(link.hash).scenario}`;
}

function open(drawer: Drawer, link: HTMLAnchorElement): void {
  const url = new URL(link.href);
  const release = releaseOf(url);
  if (!release) return location.assign(url);
  const { lane = "" } = link.closest<HTMLElement>("[data-lane]")?.dataset ?? {};
  const { scenario } = scenarioOf(url.hash);
  const surface = /\/matrix\/[^/]+\/([^/]+)\//.exec(location.pathname)?.[1] ?? "";
  if (new URLSearchParams(location.search).get("cell") !== cellOf(link)) {
    const there = new URL(location.href);
    there.searchParams.set("cell", cellOf(link));
    history.pushState(null, "", there); // so that Back closes the drawer
  }
  drawer.show({ ...release, scenario, surface: decodeURIComponent(surface), lane });
}

// From the page of a release.

function openFromRelease(): void {
  const drawer = new Drawer(() => {
    if (scenarioOf(location.hash).scenario) history.replaceState(history.state, "", location.pathname + location.search);
  });

  function openNamed(): void {
    const { scenario, surface, lane } = scenarioOf(location.hash);
    const named = scenario ? document.getElementById(scenario) : null;
    if (!scenario || (named && !named.matches("a"))) return drawer.close(); // a part of this page
    named?.closest("details")?.setAttribute("open", "");
    if (!named?.closest("dialog") && document.activeElement === document.body) named?.focus();
    drawer.show({ ...releaseOf(new URL(location.href))!, scenario, surface, lane });
  }

  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>(".headlines a, .group a[id]");
    if (!link || isForBrowser(event)) return;
    event.preventDefault(); // a browser that follows the link takes the focus from it
    history.pushState(null, "", `#${link.id || link.dataset["scenario"]}`);
    openNamed();
  });
  addEventListener("hashchange", openNamed);
  openNamed();
}

/** Read an anchor: a scenario; in links of older sites also a call and its lane. */
function scenarioOf(hash: string): { scenario: string; surface: string; lane: string } {
  const [scenario = "", surface = "", lane = ""] = decodeURIComponent(hash.slice(1)).split("--");
  return { scenario, surface, lane };
}

// The drawer.

class Drawer {
  readonly #dialog = element("dialog", { "aria-labelledby": "drawer-title" });
  #latest = 0;

  constructor(whenClosed: () => void) {
    document.body.append(this.#dialog);
    this.#dialog.addEventListener("close", whenClosed);
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close(); // a click on the backdrop
    });
  }

  close(): void {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Show the evidence of a subject, and until it is loaded a sign. */
  show(subject: Subject): void {
    const { version, client, scenario, surface, lane } = subject;
    const title = [version, ...(surface ? [] : [client]), scenario, surface, lane].filter(Boolean).join(" · ");
    const close = element("button", { type: "button" }, "Close");
    close.addEventListener("click", () => this.close());
    const body = element("div");
    const page = pageOfRelease(version, client);
    const links = element(
      "ul",
      { class: "links" },
      element("li", {}, element("a", { href: `${page}#${scenario}`, "data-permalink": "" }, "Link to this")),
      element("li", {}, element("a", { href: page }, `All of ${version}`)),
      element("li", {}, element("a", { href: pageOf(scenario) }, "The evidence of all releases")),
    );
    this.#dialog.replaceChildren(element("header", {}, element("h2", { id: "drawer-title" }, title), close), links, body);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    void this.#fill(body, subject);
  }

  async #fill(body: HTMLElement, subject: Subject): Promise<void> {
    const mine = ++this.#latest;
    body.replaceChildren(element("p", { class: "loading", role: "status" }, "Loading the evidence …"));
    body.setAttribute("aria-busy", "true");
    let shown: HTMLElement;
    try {
      shown = await loadEvidence(subject);
    } catch {
      shown = this.#failed(body, subject);
    }
    if (mine !== this.#latest) return; // the visitor chose another cell meanwhile
    body.removeAttribute("aria-busy");
    body.replaceChildren(shown);
    this.#dialog.dispatchEvent(new CustomEvent("filled"));
  }

  #failed(body: HTMLElement, subject: Subject): HTMLElement {
    const again = element("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => void this.#fill(body, subject));
    const page = element("a", { href: pageOf(subject.scenario) }, "Read it on its page");
    return element("p", { class: "failed", role: "alert" }, "The evidence could not be loaded. ", page, " or ", again);
  }
}
