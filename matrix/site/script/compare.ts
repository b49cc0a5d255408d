/** Compare two releases: fetch both from the API, and keep the choice in the address. */

import { readState } from "./ask/state.ts";
import { CHANGES, Change, countWords, differingFacets, missing, type DirectionsDocument, type EpochDocument, type LaneResult, type Outcome, type ReleaseDocument } from "./change.ts";
import { chipOf, type Marks } from "./chip.ts";
import { counted } from "./check/text.ts";
import { address, element, inert, need, readJson } from "./dom.ts";
import { noClient, noRelease, releasesOf } from "./spelling.ts";

/** The fields of the form. */
interface Question {
  a: string;
  b: string;
  lane: string;
  all: boolean;
}

/** The query with which the page was opened: the question bar writes its own into the address. */
const OPENED = new URLSearchParams(location.search);

/** The kinds of differences that are shown open: those that can break code. */
const OPEN = new Set(["worse", "mixed"]);

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
  need(section, "[data-of-client]").textContent = describeClient(OPENED.get("client") ?? "");
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
    if (unknown.length) return page.report(unknown.map((text) => noRelease(text, known)).join(" "), true);
    if (!question.a || !question.b) return page.report(`Name two releases, such as ${known.slice(0, 2).reverse().join(" and ")}.`);
    try {
      const [a, b, directions] = await Promise.all([
        read(section!, question.a),
        read(section!, question.b),
        readJson<DirectionsDocument>(section!.dataset["directions"] ?? ""),
      ]);
      if (mine === latest) page.show(question, a, b, directions);
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

/** Say of which client the calls are, if the address names one: this page compares those of the first. */
function describeClient(name: string): string {
  const [first, ...others] = document.querySelectorAll<HTMLOptionElement>("[data-ask-fields] [name=client] option");
  if (!name || !first) return "";
  const asked = others.find((option) => option.value === name);
  return asked ? `The calls are those of ${first.text}. \`matrix diff A B --client ${name}\` compares those of ${asked.text}.` : noClient(name, first.text);
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
  readonly #status: Element;
  readonly #command: HTMLElement;
  readonly #exampleCommand: string;
  readonly #list: Element;
  readonly #listTitle: string;
  readonly #result: Element;
  readonly #marks: Marks;
  readonly #labels: Record<string, string>;

  readonly #section: HTMLElement;

  constructor(section: HTMLElement) {
    this.#section = section;
    this.#status = need(section, "[data-status]");
    this.#result = need(section, "[data-result]");
    this.#command = need<HTMLElement>(section, "[data-command]");
    this.#exampleCommand = this.#command.textContent ?? "";
    this.#list = need(document, "[data-way]");
    this.#listTitle = need(this.#list, "[data-way-title]").textContent ?? "";
    this.#marks = JSON.parse(section.dataset["marks"] ?? "{}") as Marks;
    this.#labels = JSON.parse(section.dataset["labels"] ?? "{}") as Record<string, string>;
  }

  /** Say why there is no comparison, and show what is shown before the first one, unless a release is unknown. */
  report(text: string, isUnknown = false): void {
    this.#say(text);
    this.#hide(isUnknown);
    this.#command.textContent = this.#exampleCommand;
    need(this.#list, "[data-way-title]").textContent = this.#listTitle;
    for (const block of this.#list.querySelectorAll<HTMLElement>("[data-lane]")) block.hidden = false;
    for (const item of this.#list.querySelectorAll<HTMLElement>("[data-after]")) item.hidden = "back" in item.dataset;
  }

  /** Hide the command and the chart, or show them: neither says anything of a release that there is not. */
  #hide(isHidden: boolean): void {
    for (const part of document.querySelectorAll<HTMLElement>("[data-of-both]")) part.hidden = isHidden;
  }

  #say(text: string): void {
    this.#status.textContent = text;
    this.#result.replaceChildren();
  }

  show(question: Question, a: ReleaseDocument, b: ReleaseDocument, directions: DirectionsDocument): void {
    const { lane, all } = question;
    this.#hide(false);
    const releases = [question.a, question.b].map((version) => (lane === "today" ? version : `${version}:${lane}`));
    this.#command.textContent = [this.#command.dataset["program"], "diff", ...releases].join(" ");
    const breaking = this.#listChanges(question);
    const unusable = [a, b].filter(({ measured, release }) => !measured[lane] || release.lanes[lane]?.unusable);
    if (unusable.length) return this.#reportUnusable(question, unusable);
    const change = new Change(directions, lane, a, b);
    const differing = change.scenarios.filter((id) => change.wordOf(id) !== "same");
    this.#status.textContent = [
      differing.length
        ? `${differing.length} of ${change.scenarios.length} scenarios differ on the main call: ${countWords(differing.map((id) => change.wordOf(id)))}.`
        : `All ${change.scenarios.length} scenarios have the same outcome on the main call.`,
      change.sumOfHandlers(),
      breaking ? `From release to release on the way, ${counted(breaking, "change")} can break code that worked, also those that a later release takes back.` : "",
    ].filter(Boolean).join(" ");
    const shown = all ? change.scenarios : differing;
    this.#result.replaceChildren(...this.#scenarios(shown, change), ...this.#handlers(change), ...this.#locks(a, b, lane));
  }

  #reportUnusable({ a, b, lane }: Question, unusable: ReleaseDocument[]): void {
    const why = unusable.map(({ release }) => `${release.version} can't be used: ${release.lanes[lane]?.unusable || "it was not measured"}.`);
    this.#say(inert(why.join(" ")));
    if (lane !== "today") return;
    const query = new URLSearchParams({ a, b, lane: "as-released" });
    this.#status.append(" ", element("a", { href: `?${query}` }, "Compare them with the dependencies of their upload days."));
  }

  /** Show only the changes between two releases in the list of all changes; return how many can break code. */
  #listChanges({ a, b, lane }: Question): number {
    const order = [...this.#section.querySelectorAll("datalist option")].map((option) => option.getAttribute("value") ?? "");
    const [from, to] = [order.indexOf(a), order.indexOf(b)]; // newest first
    const isBack = from < to;
    const between = (at: number) => at >= Math.min(from, to) && at < Math.max(from, to);
    let [left, breaking] = [0, 0];
    for (const block of this.#list.querySelectorAll<HTMLElement>("[data-lane]")) {
      block.hidden = block.dataset["lane"] !== lane;
      for (const item of block.querySelectorAll<HTMLElement>("[data-after]")) {
        item.hidden = "back" in item.dataset !== isBack || !between(order.indexOf(item.dataset["after"] ?? ""));
        if (item.hidden || block.hidden) continue;
        left += 1;
        breaking += Number(item.dataset["worse"]);
      }
    }
    const way = isBack ? "Changes on the way back between these releases" : "Changes between these releases";
    need(this.#list, "[data-way-title]").textContent = left ? way : "No changes between these releases";
    return breaking;
  }

  /** Make a block for each kind of difference, the worst first, whose row has all scenarios that differ in the same way. */
  #scenarios(ids: string[], change: Change): HTMLElement[] {
    const { a, b, before, after } = change;
    const alike = (members: string[], of: Record<string, Outcome>) => new Set(members.map((id) => of[id]?.words)).size < 2;
    const { headline } = this.#section.dataset;
    const heads = ["Scenarios", a.release.version, b.release.version];
    return [...CHANGES, "same"].flatMap((word) => {
      const groups = new Map<string, string[]>();
      const own = ids.filter((id) => change.wordOf(id) === word).sort((x, y) => Number(y === headline) - Number(x === headline));
      for (const id of own) {
        const [from, to] = [before[id], after[id]];
        const key = JSON.stringify([from?.mark, to?.mark, differingFacets(from, to), missing(from, to), missing(to, from)]);
        groups.set(key, [...(groups.get(key) ?? []), id]);
      }
      if (!own.length) return [];
      const rows = [...groups.values()]
        .sort((x, y) => y.length - x.length)
        .map((members) => {
          const [from, to] = [before[members[0] ?? ""], after[members[0] ?? ""]];
          const [first, ...others] = members.map((id) => link("scenarios", id, change));
          const rest = others.length ? [element("details", {}, element("summary", {}, `and ${counted(others.length, "scenario")} more`), ...others)] : [];
          return element(
            "tr",
            {},
            element("th", { scope: "row", class: "prose" }, first!, ...rest),
            this.#cell(a.release.version, members, from, to, alike(members, before)),
            this.#cell(b.release.version, members, to, from, alike(members, after)),
          );
        });
      const caption = "Outcomes of the main call. A row with several scenarios shows the values of the first";
      return [block(word, `${counted(own.length, "scenario")}, for example: ${change.titleOf(`scenarios/${own[0]}`)}`, table(caption, heads, rows))];
    });
  }

  #cell(
    version: string, members: string[], ended: Outcome | undefined, other: Outcome | undefined, alike: boolean,
  ): HTMLElement {
    if (!ended) return element("td", {}, chipOf(this.#marks, "unavailable", "not played"));
    // In a row with several scenarios, the facets differ in all of them; the values are those of the first.
    const facets = differingFacets(ended, other).map(([name, label]): [string, string] => [
      this.#labels[name] ?? label,
      JSON.stringify(ended[name] ?? null),
    ]);
    const lost = other ? missing(ended, other) : [];
    const details = [...facets, ...(lost.length ? [["caught by", lost.join(", ")] as const] : [])].map(([label, value]) =>
      element("span", { class: "title" }, `${label}${members.length > 1 ? ", for example" : ""}: `, element("code", {}, value)),
    );
    const evidence = `../releases/${encodeURIComponent(version)}/#${members[0] ?? ""}`;
    return element("td", {}, element("a", { href: evidence }, chipOf(this.#marks, ended.mark, alike ? ended.words : this.#marks[ended.mark]?.[1] ?? ended.mark)), ...details);
  }

  #handlers(change: Change): HTMLElement[] {
    const { a, b, decided } = change;
    const blocks = CHANGES.flatMap((word) => {
      const own = change.handlers.filter((id) => change.wordOfHandler(id) === word);
      if (!own.length) return [];
      const rows = own.map((id) =>
        element(
          "tr",
          {},
          element("th", { scope: "row", class: "prose" }, link("handlers", id, change)),
          element("td", {}, tally(decided[0][id])),
          element("td", {}, tally(decided[1][id])),
        ),
      );
      const caption = "Number of scenarios by outcome, for each handler";
      return [block(word, `${counted(own.length, "handler")}, for example: ${change.titleOf(`handlers/${own[0]}`)}`, table(caption, ["Handler", a.release.version, b.release.version], rows))];
    });
    return blocks.length ? [element("h2", {}, "Outcomes of handlers"), ...blocks] : [];
  }

  #locks(a: ReleaseDocument, b: ReleaseDocument, lane: string): HTMLElement[] {
    const [before, after] = [a.measured[lane]?.lock ?? {}, b.measured[lane]?.lock ?? {}];
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const differing = names.filter((name) => before[name] !== after[name]);
    if (!differing.length) return [];
    const rows = differing.map((name) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, before[name] ?? "–"), element("td", {}, after[name] ?? "–")),
    );
    const listed = table("Packages whose versions differ", ["Package", a.release.version, b.release.version], rows);
    return [element("details", {}, element("summary", {}, `Installed packages: ${counted(differing.length, "version")} differ${differing.length === 1 ? "s" : ""}`), listed)];
  }
}

/** Make a block with a summary: a word, and what it is said of. */
function block(word: string, says: string, content: HTMLElement): HTMLElement {
  const summary = element("summary", {}, element("span", { class: `severity ${word}` }, word), `: ${says}`);
  return element("details", OPEN.has(word) ? { open: "" } : {}, summary, content);
}

/** Link to the page of a scenario or of a handler by its title, with its id as a tag. */
function link(pages: string, id: string, change: Change): HTMLElement {
  const path = `${pages}/${id}`;
  return element("a", { href: `../${path}/` }, change.titleOf(path), " ", element("code", { class: "tag" }, id));
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

function tally(outcomes: Record<string, number> | undefined): string {
  const mostFirst = Object.entries(outcomes ?? {}).sort(([, x], [, y]) => y - x);
  return mostFirst.map(([outcome, number]) => `${number} ${outcome}`).join(", ") || "not run";
}
