/** Compare two releases: fetch both from the API, and keep the choice in the address. */

import { readState } from "./ask/state.ts";
import { BADNESS } from "./badness.ts";
import { chipOf, type Marks } from "./chip.ts";
import { address, element, inert, need, readJson } from "./dom.ts";
import { noRelease, releasesOf } from "./spelling.ts";

/** The end of one scenario on the main call. */
interface Outcome {
  words: string;
  mark: string;
  exception?: string;
  status_code?: number | null;
  type?: string | null;
  bases?: string[];
  text?: string;
  delivered?: string;
  requests: number;
  connection?: string;
}

/** `api/v1/epochs/DIGEST.json`: what releases of one epoch share. */
interface EpochDocument {
  ended: Record<string, Outcome>;
  handlers: Record<string, Record<string, number>>;
}

/** A release measured in one lane. */
interface LaneResult extends EpochDocument {
  lock: Record<string, string>;
}

/** Whether a release can be used in one lane. */
interface LaneState {
  outcome: string;
  unusable?: string;
  surface?: string;
}

/** `api/v1/releases/VERSION.json`. */
interface ReleaseDocument {
  release: { version: string; uploaded: string; lanes: Record<string, LaneState> };
  measured: Record<string, LaneResult>;
}

/** The fields of the form. */
interface Question {
  a: string;
  b: string;
  lane: string;
  all: boolean;
}

/** Facets that a cell lists if they differ, with their labels; the page has those of a target's users. */
const FACETS: [keyof Outcome, string][] = [
  ["exception", "class"],
  ["status_code", "code"],
  ["type", "error.type"],
  ["text", "text of the error"],
  ["delivered", "text before it"],
  ["requests", "requests"],
  ["connection", "connection"],
];

const WORST_FIRST = ["worse", "mixed", "different", "better", "same"];

export function compareReleases(): void {
  const section = document.querySelector<HTMLElement>("[data-compare]");
  if (!section) return;
  const form = need<HTMLFormElement>(section, "form");
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const known = [...form.querySelectorAll("datalist option")].map((option) => option.getAttribute("value") ?? "");
  /** Write a release as the site does, so that the visitor sees which one a range or `latest` chose. */
  const settle = (input: HTMLInputElement): void => {
    input.value = releasesOf(input.value, known, section.dataset["package"] ?? "")[0] ?? input.value.trim();
  };
  const page = new Page(section);

  const query = new URLSearchParams(location.search);
  for (const name of ["a", "b"]) field(name).value = query.get(name) ?? "";
  // The release of the question bar, and the newest one.
  const { release } = readState().state;
  if (!query.has("a") && !query.has("b") && release) [field("a").value, field("b").value] = [release, known[0] ?? ""];
  field("lane").value = query.get("lane") === "as-released" ? "as-released" : "today";
  field("all").checked = query.get("all") === "1";
  form.hidden = false;

  let latest = 0;
  async function ask(): Promise<void> {
    for (const name of ["a", "b"]) settle(field(name));
    const question = { a: field("a").value.trim(), b: field("b").value.trim(), lane: field("lane").value, all: field("all").checked };
    address({ a: question.a, b: question.b, lane: question.lane === "today" ? "" : question.lane, all: question.all ? "1" : "" });
    document.dispatchEvent(new CustomEvent("compared", { detail: question })); // the chart marks both
    const unknown = [question.a, question.b].filter((version) => version && !known.includes(version));
    const mine = ++latest;
    if (unknown.length) return page.report(unknown.map((text) => noRelease(text, known)).join(" "));
    if (!question.a || !question.b) return page.report(`Name two releases, such as ${known.slice(0, 2).reverse().join(" and ")}.`);
    try {
      const [a, b] = await Promise.all([read(section!, question.a), read(section!, question.b)]);
      if (mine === latest) page.show(question, a, b);
    } catch {
      if (mine === latest) page.report("The data of these releases can't be fetched. If you opened this page from a file, open the site with matrix serve.");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  form.addEventListener("change", () => void ask());
  need(form, "[data-swap]").addEventListener("click", () => {
    [field("a").value, field("b").value] = [field("b").value, field("a").value];
    void ask();
  });
  if (field("a").value || field("b").value) void ask();
}

/** Read a release, and for each lane what its epoch shares. */
async function read(section: HTMLElement, version: string): Promise<ReleaseDocument> {
  const api = `${section.dataset["root"] ?? ""}api/v1/`;
  const { release, measured } = await readJson<{ release: ReleaseDocument["release"]; measured: Record<string, { lock: Record<string, string>; details: string }> }>(
    `${api}releases/${encodeURIComponent(version)}.json`,
  );
  const lanes = Object.entries(measured).map(async ([lane, { lock, details }]): Promise<[string, LaneResult]> => {
    const { ended, handlers } = await readJson<EpochDocument>(`${api}${details}`);
    return [lane, { ended, handlers, lock }];
  });
  return { release, measured: Object.fromEntries(await Promise.all(lanes)) };
}

class Page {
  private readonly status: Element;
  private readonly command: HTMLElement;
  private readonly exampleCommand: string;
  private readonly list: Element;
  private readonly listTitle: string;
  private readonly result: Element;
  private readonly marks: Marks;
  private readonly labels: Record<string, string>;

  constructor(private readonly section: HTMLElement) {
    this.status = need(section, "[data-status]");
    this.result = need(section, "[data-result]");
    this.command = need<HTMLElement>(section, "[data-command]");
    this.exampleCommand = this.command.textContent ?? "";
    this.list = need(document, "[data-way]");
    this.listTitle = need(this.list, "[data-way-title]").textContent ?? "";
    this.marks = JSON.parse(section.dataset["marks"] ?? "{}") as Marks;
    this.labels = JSON.parse(section.dataset["labels"] ?? "{}") as Record<string, string>;
  }

  /** Say why there is no comparison, and show everything that is shown before the first one. */
  report(text: string): void {
    this.say(text);
    this.command.textContent = this.exampleCommand;
    need(this.list, "[data-way-title]").textContent = this.listTitle;
    for (const block of this.list.querySelectorAll<HTMLElement>("[data-lane]")) block.hidden = false;
    for (const item of this.list.querySelectorAll<HTMLElement>("[data-after]")) item.hidden = "back" in item.dataset;
  }

  private say(text: string): void {
    this.status.textContent = text;
    this.result.replaceChildren();
  }

  show(question: Question, a: ReleaseDocument, b: ReleaseDocument): void {
    const { lane, all } = question;
    const releases = [question.a, question.b].map((version) => (lane === "today" ? version : `${version}:${lane}`));
    this.command.textContent = [this.command.dataset["program"], "diff", ...releases].join(" ");
    const breaking = this.listChanges(question);
    const unusable = [a, b].filter(({ measured, release }) => !measured[lane] || release.lanes[lane]?.unusable);
    if (unusable.length) return this.reportUnusable(question, unusable);
    const before = a.measured[lane]?.ended ?? {};
    const after = b.measured[lane]?.ended ?? {};
    const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const differing = ids.filter((id) => !same(before[id], after[id]));
    const severities = differing.map((id) => severityOf(before[id], after[id]));
    const counts = ["worse", "mixed", "different", "better"].map((kind) => `${severities.filter((each) => each === kind).length} ${kind}`);
    this.status.textContent = [
      differing.length
        ? `${differing.length} of ${ids.length} scenarios differ on the main call: ${counts.join(", ")}.`
        : `All ${ids.length} scenarios have the same outcome on the main call.`,
      breaking ? `${breaking} of the changes between these releases can break code that worked.` : "",
    ].join(" ");
    const shown = all ? ids : differing;
    this.result.replaceChildren(
      ...(shown.length ? [this.scenarios(shown, a, b, before, after)] : []),
      ...this.handlers(a, b, lane),
      ...this.locks(a, b, lane),
    );
  }

  private reportUnusable({ a, b, lane }: Question, unusable: ReleaseDocument[]): void {
    const why = unusable.map(({ release }) => `${release.version} can't be used: ${release.lanes[lane]?.unusable || "it was not measured"}.`);
    this.say(inert(why.join(" ")));
    if (lane !== "today") return;
    const query = new URLSearchParams({ a, b, lane: "as-released" });
    this.status.append(" ", element("a", { href: `?${query}` }, "Compare them with the dependencies of their upload days."));
  }

  /** Show only the changes between two releases in the list of all changes; return how many can break code. */
  private listChanges({ a, b, lane }: Question): number {
    const order = [...this.section.querySelectorAll("datalist option")].map((option) => option.getAttribute("value") ?? "");
    const [from, to] = [order.indexOf(a), order.indexOf(b)]; // newest first
    const isBack = from < to;
    const between = (at: number) => at >= Math.min(from, to) && at < Math.max(from, to);
    let [left, breaking] = [0, 0];
    for (const block of this.list.querySelectorAll<HTMLElement>("[data-lane]")) {
      block.hidden = block.dataset["lane"] !== lane;
      for (const item of block.querySelectorAll<HTMLElement>("[data-after]")) {
        item.hidden = "back" in item.dataset !== isBack || !between(order.indexOf(item.dataset["after"] ?? ""));
        if (item.hidden || block.hidden) continue;
        left += 1;
        breaking += Number(item.dataset["worse"]);
      }
    }
    const way = isBack ? "Changes on the way back between these releases" : "Changes between these releases";
    need(this.list, "[data-way-title]").textContent = left ? way : "No changes between these releases";
    return breaking;
  }

  /** Make a table with one row for all scenarios whose marks and facets differ in the same way, worst first. */
  private scenarios(
    ids: string[], a: ReleaseDocument, b: ReleaseDocument, before: Record<string, Outcome>, after: Record<string, Outcome>,
  ): HTMLElement {
    const groups = new Map<string, string[]>();
    for (const id of ids) {
      const [from, to] = [before[id], after[id]];
      const key = JSON.stringify([from?.mark, to?.mark, differingFacets(from, to), missing(from, to), missing(to, from)]);
      groups.set(key, [...(groups.get(key) ?? []), id]);
    }
    const alike = (members: string[], of: Record<string, Outcome>) => new Set(members.map((id) => of[id]?.words)).size < 2;
    const severity = ([id]: string[]) => severityOf(before[id ?? ""], after[id ?? ""]);
    const rows = [...groups.values()]
      .sort((x, y) => WORST_FIRST.indexOf(severity(x)) - WORST_FIRST.indexOf(severity(y)) || y.length - x.length)
      .map((members) => {
        const [from, to] = [before[members[0] ?? ""], after[members[0] ?? ""]];
        const links = members.flatMap((id) => [element("a", { href: `../scenarios/${id}/` }, element("code", {}, id)), " "]);
        const many = members.length > 1 ? [element("strong", {}, `${members.length} scenarios`), " "] : [];
        return element(
          "tr",
          {},
          element("th", { scope: "row", class: "prose" }, ...many, ...links),
          this.cell(a.release.version, members, from, to, alike(members, before)),
          this.cell(b.release.version, members, to, from, alike(members, after)),
          element("td", {}, element("span", { class: `severity ${severity(members)}` }, severity(members))),
        );
      });
    const heads = ["Scenarios", a.release.version, b.release.version, "Change"];
    return table("Outcomes of the main call. A row with several scenarios shows the values of the first", heads, rows);
  }

  private cell(
    version: string, members: string[], ended: Outcome | undefined, other: Outcome | undefined, alike: boolean,
  ): HTMLElement {
    if (!ended) return element("td", {}, chipOf(this.marks, "unavailable", "not played"));
    // In a row with several scenarios, the facets differ in all of them; the values are those of the first.
    const facets = differingFacets(ended, other).map(([name, label]): [string, string] => [
      this.labels[name] ?? label,
      JSON.stringify(ended[name] ?? null),
    ]);
    const lost = other ? missing(ended, other) : [];
    const details = [...facets, ...(lost.length ? [["caught by", lost.join(", ")] as const] : [])].map(([label, value]) =>
      element("span", { class: "title" }, `${label}${members.length > 1 ? ", for example" : ""}: `, element("code", {}, value)),
    );
    const evidence = `../releases/${encodeURIComponent(version)}/#${members[0] ?? ""}`;
    return element("td", {}, element("a", { href: evidence }, chipOf(this.marks, ended.mark, alike ? ended.words : this.marks[ended.mark]?.[1] ?? ended.mark)), ...details);
  }

  private handlers(a: ReleaseDocument, b: ReleaseDocument, lane: string): HTMLElement[] {
    const [before, after] = [a.measured[lane]?.handlers ?? {}, b.measured[lane]?.handlers ?? {}];
    const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const differing = ids.filter((id) => tally(before[id]) !== tally(after[id]));
    if (!differing.length) return [];
    const rows = differing.map((id) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("a", { href: `../handlers/${id}/` }, element("code", {}, id))),
        element("td", {}, tally(before[id])),
        element("td", {}, tally(after[id])),
        element("td", {}, element("span", { class: `severity ${handlerSeverity(before[id], after[id])}` }, handlerSeverity(before[id], after[id]))),
      ),
    );
    const isWorse = (row: Element) => Number(row.querySelector(".worse") !== null);
    rows.sort((x, y) => isWorse(y) - isWorse(x));
    return [
      element("h2", {}, "Outcomes of handlers"),
      table("Number of scenarios by outcome, for each handler that differs", ["Handler", a.release.version, b.release.version, "Change"], rows),
    ];
  }

  private locks(a: ReleaseDocument, b: ReleaseDocument, lane: string): HTMLElement[] {
    const [before, after] = [a.measured[lane]?.lock ?? {}, b.measured[lane]?.lock ?? {}];
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const differing = names.filter((name) => before[name] !== after[name]);
    if (!differing.length) return [];
    const rows = differing.map((name) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, before[name] ?? "–"), element("td", {}, after[name] ?? "–")),
    );
    return [element("h2", {}, "Installed packages"), table("Packages whose versions differ", ["Package", a.release.version, b.release.version], rows)];
  }
}

function table(caption: string, heads: string[], rows: HTMLElement[]): HTMLElement {
  return element(
    "section",
    { class: "scroll", "aria-label": caption, tabindex: "0" },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows),
    ),
  );
}

/** Return the facets in which two outcomes differ. */
function differingFacets(from: Outcome | undefined, to: Outcome | undefined): typeof FACETS {
  return FACETS.filter(([name]) => from && to && (from[name] ?? "") !== (to[name] ?? ""));
}

/** Return the classes that catch the exception of one outcome and not that of the other. */
function missing(from: Outcome | undefined, to: Outcome | undefined): string[] {
  if (!from?.exception || !to?.exception) return [];
  const catches = new Set([to.exception, ...(to.bases ?? [])]);
  return [from.exception, ...(from.bases ?? [])].filter((name) => !catches.has(name));
}

function same(from: Outcome | undefined, to: Outcome | undefined): boolean {
  return (
    from?.mark === to?.mark &&
    from?.words === to?.words &&
    differingFacets(from, to).length + missing(from, to).length + missing(to, from).length === 0
  );
}

/** Judge a change of outcome for a caller: an `except` that no longer catches is worse, whatever else improved. */
function severityOf(from: Outcome | undefined, to: Outcome | undefined): string {
  if (same(from, to)) return "same";
  const [before, after] = [BADNESS[from?.mark ?? ""], BADNESS[to?.mark ?? ""]];
  if (before === undefined || after === undefined) return "different";
  const uncaught = missing(from, to).length > 0;
  if (after < before) return uncaught ? "mixed" : "better";
  return after > before || uncaught ? "worse" : "different";
}

/** Judge the change of a handler by the number of scenarios that it decides correctly. */
function handlerSeverity(before: Record<string, number> | undefined, after: Record<string, number> | undefined): string {
  const gained = (after?.["right"] ?? 0) - (before?.["right"] ?? 0);
  return gained > 0 ? "better" : gained < 0 ? "worse" : "different";
}

function tally(outcomes: Record<string, number> | undefined): string {
  const mostFirst = Object.entries(outcomes ?? {}).sort(([, x], [, y]) => y - x);
  return mostFirst.map(([outcome, number]) => `${number} ${outcome}`).join(", ") || "not run";
}
