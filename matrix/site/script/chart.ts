/** Choose a release on the chart: a line marks it in each row, and words say what happens on it. The table of the chart
 * has all outcomes; nothing is fetched. */

import { address, need } from "./dom.ts";
import { hearRelease, meantRelease, storeRelease, tellRelease } from "./session.ts";
import { releasesOf } from "./spelling.ts";

/** Fired on the document when two releases are compared. */
interface Compared {
  a: string;
  b: string;
  lane: string;
}

export function pinRelease(): void {
  for (const chart of document.querySelectorAll<HTMLElement>("[data-chart]")) {
    const lanes = [...chart.querySelectorAll<HTMLElement>("[data-lane]")].flatMap((lane) => (lane.querySelector("[data-pin]") ? [new Lane(chart, lane)] : []));
    const pin = (text: string): void => lanes.forEach((lane) => lane.pinText(text));
    for (const lane of lanes) {
      lane.onChoice((version) => {
        storeRelease(version);
        address({ release: version });
        tellRelease(version);
      });
    }
    hearRelease(pin);
    document.addEventListener("compared", (event) => {
      const { a, b, lane } = (event as CustomEvent<Compared>).detail;
      for (const each of lanes) each.compare(a, b);
      const choice = chart.querySelector<HTMLInputElement>(`input[value="${CSS.escape(lane)}"]`);
      if (choice) choice.checked = true;
    });
    const chosen = meantRelease();
    if (chosen) pin(chosen);
  }
}

class Lane {
  readonly #slider: HTMLInputElement;
  readonly #output: HTMLOutputElement;
  readonly #versions: readonly string[];
  readonly #rows: readonly Row[];
  readonly #status: HTMLElement;
  readonly #kinds: readonly [string, string][];

  readonly #chart: HTMLElement;
  readonly #lane: HTMLElement;

  constructor(chart: HTMLElement, lane: HTMLElement) {
    this.#chart = chart;
    this.#lane = lane;
    const control = need<HTMLElement>(lane, "[data-pin]");
    this.#slider = need<HTMLInputElement>(control, "input");
    this.#output = need<HTMLOutputElement>(control, "output");
    this.#status = need<HTMLElement>(lane, "[data-says]");
    this.#versions = (this.#slider.dataset["versions"] ?? chart.dataset["versions"] ?? "").split(" ");
    this.#kinds = JSON.parse(chart.dataset["kinds"] ?? "[]") as [string, string][];
    const groups = [...lane.querySelectorAll<HTMLTableSectionElement>(".chart-table tbody")];
    this.#rows = [...lane.querySelectorAll<HTMLElement>("[data-row]")].map((row, number) => new Row(row, groups[number]!));
    control.hidden = false;
    need<HTMLElement>(lane, "[data-pinned]").textContent = "";
    this.#show();
  }

  /** Call a function with the version that the reader chooses here. */
  onChoice(tell: (version: string) => void): void {
    this.#slider.addEventListener("input", () => this.#show());
    this.#slider.addEventListener("change", () => tell(this.#version));
  }

  /** Choose the release that a text means; say so if it means none that was measured. */
  pinText(text: string): void {
    if (text === this.#version) return;
    const version = this.#find(text);
    if (version === undefined) {
      this.#status.textContent = `${text} was not measured ${this.#lane.dataset["of"]}. The chart shows ${this.#version}.`;
      return;
    }
    this.#slider.value = String(this.#versions.indexOf(version));
    this.#show();
  }

  /** Mark two releases, and hide the rows that are the same on both. */
  compare(a: string, b: string): void {
    const [from, to] = [this.#versions.indexOf(a), this.#versions.indexOf(b)];
    for (const row of this.#rows) row.compare(this.#at(from), from, to);
    if (to >= 0) this.#slider.value = String(to);
    this.#show();
    const same = this.#rows.filter((row) => row.isHidden).length;
    if (same) this.#status.textContent += ` ${same} of ${this.#rows.length} are the same on ${a}, and are hidden.`;
  }

  get #version(): string {
    return this.#versions[Number(this.#slider.value)] ?? "";
  }

  #find(text: string): string | undefined {
    return releasesOf(text, [...this.#versions].reverse(), this.#chart.dataset["package"] ?? "")[0];
  }

  #at(place: number): string {
    return `${+((100 * (place + 0.5)) / this.#versions.length).toFixed(2)}%`; // as the page is built, without a last zero
  }

  #show(): void {
    const place = Number(this.#slider.value);
    const kinds = this.#rows.map((row) => row.pin(place, this.#at(place), this.#version));
    this.#output.value = this.#version;
    this.#slider.setAttribute("aria-valuetext", this.#version);
    const sums = this.#kinds
      .map(([kind, words]) => [kinds.filter((each) => each === kind).length, words] as const)
      .filter(([count]) => count);
    const what = `${kinds.length} ${this.#chart.dataset["what"]}${kinds.length === 1 ? "" : "s"}`;
    this.#status.textContent = `${this.#version}, ${this.#lane.dataset["of"]}, ${what}: ${sums.map(([count, words]) => `${words} ${count}`).join(", ")}.`;
  }
}

/** One row of the chart, with the rows of the table that have its runs of releases. */
class Row {
  readonly #line: Element;
  readonly #outcome: HTMLAnchorElement;
  readonly #runs: readonly HTMLTableRowElement[];

  readonly #row: HTMLElement;

  constructor(row: HTMLElement, group: HTMLTableSectionElement) {
    this.#row = row;
    this.#line = need(row, ".pin");
    this.#outcome = need<HTMLAnchorElement>(row, "[data-outcome]");
    this.#runs = [...group.rows];
  }

  get isHidden(): boolean {
    return this.#row.hidden === true;
  }

  /** Show the outcome on a release, and return its kind; empty if it was not measured. */
  pin(place: number, x: string, version: string): string {
    const run = this.#run(place);
    const kind = run?.dataset["kind"] ?? "";
    if (this.#line.getAttribute("x1") === x) return kind; // as the page was built
    for (const end of ["x1", "x2"]) this.#line.setAttribute(end, x);
    const link = run?.querySelector("a");
    const chip = run?.querySelector(".chip");
    this.#outcome.replaceChildren(chip ? chip.cloneNode(true) : "not measured");
    if (link) this.#outcome.setAttribute("href", (link.getAttribute("href") ?? "").replace(`/${run?.dataset["newest"]}/#`, `/${version}/#`));
    else this.#outcome.removeAttribute("href");
    return kind;
  }

  /** Mark where a comparison begins, and hide the row if both releases belong to one run. */
  compare(x: string, from: number, to: number): void {
    this.#row.querySelector(".from")?.remove();
    this.#row.hidden = from >= 0 && to >= 0 && this.#run(from) === this.#run(to);
    if (from < 0) return;
    const line = this.#line.cloneNode() as Element;
    line.setAttribute("class", "pin from");
    for (const end of ["x1", "x2"]) line.setAttribute(end, x);
    this.#line.before(line);
  }

  #run(place: number): HTMLTableRowElement | undefined {
    return this.#runs.find((run) => Number(run.dataset["first"]) <= place && place <= Number(run.dataset["last"]));
  }
}
