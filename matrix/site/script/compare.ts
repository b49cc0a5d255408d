/** Two releases side by side: both are read from the API, and the address names them. */

import { address, element, inert, need } from "./dom.ts";

interface Ended {
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

interface Measured {
  ended: Record<string, Ended>;
  handlers: Record<string, Record<string, number>>;
  lock: Record<string, string>;
}

interface InLane {
  outcome: string;
  unusable?: string;
  surface?: string;
}

interface OneRelease {
  release: { version: string; uploaded: string; lanes: Record<string, InLane> };
  measured: Record<string, Measured>;
}

interface Question {
  a: string;
  b: string;
  lane: string;
  all: boolean;
}

/** How bad a mark is for a caller; what can't be compared has none. */
const BADNESS: Record<string, number> = { right: 0, typed: 1, coded: 1, wrong: 2, hangs: 3, silent: 3 };

/** What stands below the words where it differs. */
const FACETS: [keyof Ended, string][] = [
  ["exception", "class"],
  ["status_code", "error.status_code"],
  ["type", "error.type"],
  ["text", "str(error)"],
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
  const known = new Set([...form.querySelectorAll("datalist option")].map((one) => one.getAttribute("value") ?? ""));
  const page = new Page(section);

  const query = new URLSearchParams(location.search);
  for (const name of ["a", "b"]) field(name).value = query.get(name) ?? "";
  field("lane").value = query.get("lane") === "as-released" ? "as-released" : "today";
  field("all").checked = query.get("all") === "1";
  form.hidden = false;

  let latest = 0;
  async function ask(): Promise<void> {
    const question = { a: field("a").value.trim(), b: field("b").value.trim(), lane: field("lane").value, all: field("all").checked };
    address({ a: question.a, b: question.b, lane: question.lane === "today" ? "" : question.lane, all: question.all ? "1" : "" });
    const unknown = [question.a, question.b].filter((version) => version && !known.has(version));
    const mine = ++latest;
    if (unknown.length) return page.say(`There is no release ${unknown.join(" and no ")} here.`);
    if (!question.a || !question.b) return page.say("Name two releases.");
    try {
      const [a, b] = await Promise.all([read(section!, question.a), read(section!, question.b)]);
      if (mine === latest) page.show(question, a, b);
    } catch {
      if (mine === latest) page.say("The data of these releases could not be read. From a folder, `matrix serve` shows this page whole.");
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

async function read(section: HTMLElement, version: string): Promise<OneRelease> {
  const answer = await fetch(`${section.dataset["root"] ?? ""}api/v1/releases/${encodeURIComponent(version)}.json`);
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()) as OneRelease;
}

class Page {
  private readonly told: Element;
  private readonly result: Element;
  private readonly signs: Record<string, string>;

  constructor(private readonly section: HTMLElement) {
    this.told = need(section, "[data-told]");
    this.result = need(section, "[data-result]");
    this.signs = JSON.parse(section.dataset["signs"] ?? "{}") as Record<string, string>;
  }

  say(text: string): void {
    this.told.textContent = text;
    this.result.replaceChildren();
  }

  show(question: Question, a: OneRelease, b: OneRelease): void {
    const { lane, all } = question;
    const command = need<HTMLElement>(this.section, "[data-command]");
    const releases = [question.a, question.b].map((version) => (lane === "today" ? version : `${version}:${lane}`));
    command.textContent = [command.dataset["program"], "diff", ...releases].join(" ");
    const breaking = this.way(question);
    const broken = [a, b].filter((one) => !one.measured[lane] || one.release.lanes[lane]?.unusable);
    if (broken.length) return this.unusable(question, broken);
    const before = a.measured[lane]?.ended ?? {};
    const after = b.measured[lane]?.ended ?? {};
    const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const differing = ids.filter((id) => !same(before[id], after[id]));
    const worth = differing.map((id) => judged(before[id], after[id]));
    const number = (word: string) => worth.filter((one) => one === word).length;
    this.told.textContent = [
      differing.length
        ? `${differing.length} of ${ids.length} scenarios differ on the main call: ${number("worse")} worse, ${number("mixed")} mixed, ${number("better")} better.`
        : `All ${ids.length} scenarios end alike on the main call.`,
      breaking ? `${breaking} of the changes on the way can break code that worked.` : "",
    ].join(" ");
    const shown = all ? ids : differing;
    this.result.replaceChildren(
      ...(shown.length ? [this.scenarios(shown, a, b, before, after)] : []),
      ...this.handlers(a, b, lane),
      ...this.locks(a, b, lane),
    );
  }

  private unusable({ a, b, lane }: Question, broken: OneRelease[]): void {
    const why = broken.map((one) => `${one.release.version} can't be used: ${one.release.lanes[lane]?.unusable || "it was not measured"}.`);
    this.say(inert(why.join(" ")));
    if (lane !== "today") return;
    const query = new URLSearchParams({ a, b, lane: "as-released" });
    this.told.append(" ", element("a", { href: `?${query}` }, "Compare them with the dependencies of their own days."));
  }

  /** Of the list of all changes, shows those on the way from one release to the other; how many can break code. */
  private way({ a, b, lane }: Question): number {
    const order = [...this.section.querySelectorAll("datalist option")].map((one) => one.getAttribute("value") ?? "");
    const [newer, older] = [order.indexOf(a), order.indexOf(b)].sort((one, other) => one - other) as [number, number];
    const list = need(document, "[data-way]");
    for (const block of list.querySelectorAll<HTMLElement>("[data-lane]")) block.hidden = block.dataset["lane"] !== lane;
    let left = 0;
    for (const item of list.querySelectorAll<HTMLElement>("[data-after]")) {
      const at = order.indexOf(item.dataset["after"] ?? "");
      item.hidden = at < newer || at >= older;
      if (!item.hidden && item.closest("[data-lane]:not([hidden])")) left += 1;
    }
    const breaking = list.querySelectorAll("[data-lane]:not([hidden]) [data-after]:not([hidden]) .severity.worse").length;
    need(list, "[data-way-title]").textContent = left ? "What changed on the way" : "Nothing changed on the way";
    return breaking;
  }

  private chip(kind: string, words: string): HTMLElement {
    return element(
      "span",
      { class: `chip m-${kind}` },
      element("span", { class: "sign", "aria-hidden": "true" }, this.signs[kind] ?? ""),
      element("span", {}, element("span", { class: "sr" }, `${kind}: `), words),
    );
  }

  /** Scenarios in which the same facets moved between the same marks are one row, the worst first. */
  private scenarios(
    ids: string[], a: OneRelease, b: OneRelease, before: Record<string, Ended>, after: Record<string, Ended>,
  ): HTMLElement {
    const groups = new Map<string, string[]>();
    for (const id of ids) {
      const [one, other] = [before[id], after[id]];
      const key = JSON.stringify([one?.mark, other?.mark, moved(one, other), missing(one, other), missing(other, one)]);
      groups.set(key, [...(groups.get(key) ?? []), id]);
    }
    const alike = (members: string[], of: Record<string, Ended>) => new Set(members.map((id) => of[id]?.words)).size < 2;
    const worth = ([id]: string[]) => judged(before[id ?? ""], after[id ?? ""]);
    const rows = [...groups.values()]
      .sort((one, other) => WORST_FIRST.indexOf(worth(one)) - WORST_FIRST.indexOf(worth(other)) || other.length - one.length)
      .map((members) => {
        const [one, other] = [before[members[0] ?? ""], after[members[0] ?? ""]];
        const links = members.flatMap((id) => [element("a", { href: `../scenarios/${id}/` }, element("code", {}, id)), " "]);
        const many = members.length > 1 ? [element("strong", {}, `${members.length} scenarios`), " "] : [];
        return element(
          "tr",
          {},
          element("th", { scope: "row", class: "prose" }, ...many, ...links),
          this.cell(a.release.version, members, one, other, alike(members, before)),
          this.cell(b.release.version, members, other, one, alike(members, after)),
          element("td", {}, element("span", { class: `severity ${worth(members)}` }, worth(members))),
        );
      });
    const heads = ["Scenarios", a.release.version, b.release.version, "It is"];
    return table("What the main call does; of several scenarios, the first is the example", heads, rows);
  }

  private cell(
    version: string, members: string[], ended: Ended | undefined, other: Ended | undefined, alike: boolean,
  ): HTMLElement {
    if (!ended) return element("td", {}, this.chip("unavailable", "not played"));
    // What is told of several scenarios at once is true of each of them; the values are the first one's.
    const facets = moved(ended, other).map(([name, label]): [string, string] => [label, JSON.stringify(ended[name] ?? null)]);
    const lost = other ? missing(ended, other) : [];
    const details = [...facets, ...(lost.length ? [["caught by", lost.join(", ")] as const] : [])].map(([label, value]) =>
      element("span", { class: "title" }, `${label}${members.length > 1 ? ", for example" : ""}: `, element("code", {}, value)),
    );
    const evidence = `../releases/${encodeURIComponent(version)}/#${members[0] ?? ""}`;
    return element("td", {}, element("a", { href: evidence }, this.chip(ended.mark, alike ? ended.words : ended.mark)), ...details);
  }

  private handlers(a: OneRelease, b: OneRelease, lane: string): HTMLElement[] {
    const [before, after] = [a.measured[lane]?.handlers ?? {}, b.measured[lane]?.handlers ?? {}];
    const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const moved = ids.filter((id) => tally(before[id]) !== tally(after[id]));
    if (!moved.length) return [];
    const rows = moved.map((id) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("a", { href: `../handlers/${id}/` }, element("code", {}, id))),
        element("td", {}, tally(before[id])),
        element("td", {}, tally(after[id])),
        element("td", {}, element("span", { class: `severity ${fared(before[id], after[id])}` }, fared(before[id], after[id]))),
      ),
    );
    rows.sort((one, other) => Number(other.querySelector(".worse") !== null) - Number(one.querySelector(".worse") !== null));
    return [
      element("h2", {}, "What ways of catching come to"),
      table("Scenarios that each gets right, and how it fails in the others", ["Way of catching", a.release.version, b.release.version, "It fares"], rows),
    ];
  }

  private locks(a: OneRelease, b: OneRelease, lane: string): HTMLElement[] {
    const [before, after] = [a.measured[lane]?.lock ?? {}, b.measured[lane]?.lock ?? {}];
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const moved = names.filter((name) => before[name] !== after[name]);
    if (!moved.length) return [];
    const rows = moved.map((name) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, before[name] ?? "–"), element("td", {}, after[name] ?? "–")),
    );
    return [element("h2", {}, "What was installed"), table("Packages that differ", ["Package", a.release.version, b.release.version], rows)];
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

/** The facets that are another, of two ends. */
function moved(one: Ended | undefined, other: Ended | undefined): typeof FACETS {
  return FACETS.filter(([name]) => one && other && (one[name] ?? "") !== (other[name] ?? ""));
}

/** The classes that catch the one end and not the other; exceptions are caught by their own class, too. */
function missing(one: Ended | undefined, other: Ended | undefined): string[] {
  if (!one?.exception || !other?.exception) return [];
  const catches = new Set([other.exception, ...(other.bases ?? [])]);
  return [one.exception, ...(one.bases ?? [])].filter((name) => !catches.has(name));
}

function same(one: Ended | undefined, other: Ended | undefined): boolean {
  return (
    one?.mark === other?.mark &&
    one?.words === other?.words &&
    moved(one, other).length + missing(one, other).length + missing(other, one).length === 0
  );
}

/** What moving from one end to the other is for a caller: an `except` that no longer catches is worse, whatever else. */
function judged(one: Ended | undefined, other: Ended | undefined): string {
  if (same(one, other)) return "same";
  const [before, after] = [BADNESS[one?.mark ?? ""], BADNESS[other?.mark ?? ""]];
  if (before === undefined || after === undefined) return "different";
  const uncaught = missing(one, other).length > 0;
  if (after < before) return uncaught ? "mixed" : "better";
  return after > before || uncaught ? "worse" : "different";
}

/** How a way of catching fares: by how many scenarios it gets right. */
function fared(before: Record<string, number> | undefined, after: Record<string, number> | undefined): string {
  const gained = (after?.["right"] ?? 0) - (before?.["right"] ?? 0);
  return gained > 0 ? "better" : gained < 0 ? "worse" : "different";
}

function tally(worths: Record<string, number> | undefined): string {
  const told = Object.entries(worths ?? {}).sort(([, one], [, other]) => other - one);
  return told.map(([worth, number]) => `${number} ${worth}`).join(", ") || "not run";
}
