/** Compare a release of one package with a release of another by the failures that every package has. */

import { chipOf, type Marks } from "./chip.ts";
import { address, element, need, readJson } from "./dom.ts";
import { releasesOf } from "./spelling.ts";

/** A package whose pages are built. */
interface Package {
  id: string;
  package: string;
  /** The path of its pages from the root of the site. */
  path: string;
  /** Headline to the scenario that plays it on its API. */
  scenarios: Record<string, string>;
}

/** The part of `api/v1/releases.json` that is read here. */
interface Releases {
  releases: { version: string; lanes?: Record<string, { outcome: string }> }[];
}

/** The part of `api/v1/releases/VERSION.json` that is read here. */
interface ReleaseDocument {
  measured?: Record<string, { details: string }>;
}

/** How each scenario ended: the part of `api/v1/epochs/DIGEST.json` that is read here. */
interface EpochDocument {
  ended: Record<string, { words: string; mark: string }>;
}

/** One side of the comparison: the fields of a release of a package. */
interface Side {
  name: "a" | "b";
  chosen: HTMLSelectElement;
  release: HTMLInputElement;
  known: HTMLDataListElement;
}

export function comparePackages(): void {
  const section = document.querySelector<HTMLElement>("[data-versus]");
  if (!section) return;
  const form = need<HTMLFormElement>(section, "form");
  const said = need<HTMLElement>(section, "[data-status]");
  const result = need<HTMLElement>(section, "[data-result]");
  const root = section.dataset["root"] ?? "";
  const packages = JSON.parse(section.dataset["packages"] ?? "[]") as Package[];
  const headlines = JSON.parse(section.dataset["headlines"] ?? "[]") as { id: string; title: string }[];
  const marks = JSON.parse(section.dataset["marks"] ?? "{}") as Marks;
  const sides = (["a", "b"] as const).map((name): Side => ({
    name,
    chosen: need(form, `[name=${name}]`),
    release: need(form, `[name=${name}-release]`),
    known: need(form, `#${name}-releases`),
  }));
  const query = new URLSearchParams(location.search);
  let latest = 0;

  const packageOf = (side: Side): Package => packages.find((each) => each.id === side.chosen.value) ?? packages[0]!;

  /** List the measured releases of a side's package, newest first, and keep or choose one. */
  async function list(side: Side, wanted: string): Promise<void> {
    const of = packageOf(side);
    const { releases } = await read<Releases>(`${root}${of.path}api/v1/releases.json`);
    const versions = releases.filter((each) => each.lanes?.["today"]?.outcome === "completed").map((each) => each.version).reverse();
    side.known.replaceChildren(...versions.map((version) => element("option", { value: version })));
    const [match] = wanted ? releasesOf(wanted, versions, of.package) : versions;
    if (!match) throw new Error(`No measured release of ${of.package} is “${wanted}”. The newest is ${versions[0] ?? "not known"}.`);
    side.release.value = match;
  }

  /** Read how each scenario ended on the release of a side. */
  async function endedOn(side: Side): Promise<EpochDocument["ended"]> {
    const api = `${root}${packageOf(side).path}api/v1/`;
    const { measured } = await read<ReleaseDocument>(`${api}releases/${encodeURIComponent(side.release.value)}.json`);
    const details = measured?.["today"]?.details;
    return details ? (await read<EpochDocument>(`${api}${details}`)).ended : {};
  }

  async function show(mine: number): Promise<void> {
    const documents = await Promise.all(sides.map(endedOn));
    if (mine !== latest) return; // the visitor chose something else meanwhile
    address(Object.fromEntries(sides.flatMap((side) => [[side.name, side.chosen.value], [`${side.name}-release`, side.release.value]])));
    let differing = 0;
    let compared = 0;
    const rows = headlines.map(({ id, title }) => {
      const ended = sides.map((side, number) => {
        const scenario = packageOf(side).scenarios[id] ?? "";
        return { scenario, came: documents[number]![scenario] };
      });
      if (ended.every((each) => each.came)) {
        compared += 1;
        if (ended[0]!.came!.mark !== ended[1]!.came!.mark) differing += 1;
      }
      const cells = ended.map(({ scenario, came }, number) => {
        const side = sides[number]!;
        const label = { "data-label": packageOf(side).package };
        if (!came) return element("td", label, chipOf(marks, "unknown", "not measured"));
        const evidence = `${root}${packageOf(side).path}releases/${encodeURIComponent(side.release.value)}/#${scenario}`;
        return element("td", label, element("a", { href: evidence }, chipOf(marks, came.mark, came.words)));
      });
      return element("tr", {}, element("th", { scope: "row" }, title), ...cells);
    });
    const names = sides.map((side) => `${packageOf(side).package} ${side.release.value}`);
    said.replaceChildren(
      compared
        ? `${names[0]} and ${names[1]} have different verdicts in ${differing} of ${compared} failures that were measured on both.`
        : `No failure was measured on both ${names[0]} and ${names[1]}.`,
    );
    const head = element("tr", {}, element("th", { scope: "col" }, "The stream fails like"), ...names.map((name) => element("th", { scope: "col" }, name)));
    const table = element("table", { class: "clients lines" }, element("thead", {}, head), element("tbody", {}, ...rows));
    result.replaceChildren(element("section", { class: "scroll", "aria-label": names.join(" and "), tabindex: "0" }, table));
  }

  /** Read what a change needs, and show the comparison; an old one does not stay if that fails. */
  async function update(...changed: readonly [Side, string][]): Promise<void> {
    const mine = ++latest;
    try {
      for (const [side, wanted] of changed) await list(side, wanted);
      await show(mine);
    } catch (failure) {
      if (mine !== latest) return;
      result.replaceChildren();
      said.replaceChildren(failure instanceof Error ? failure.message : String(failure));
    }
  }

  for (const side of sides) {
    const wanted = query.get(side.name);
    if (packages.some((each) => each.id === wanted)) side.chosen.value = wanted!;
    side.chosen.addEventListener("change", () => void update([side, ""]));
    side.release.addEventListener("change", () => void update([side, side.release.value]));
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  void update(...sides.map((side): [Side, string] => [side, query.get(`${side.name}-release`) ?? ""]));
}

async function read<Document>(path: string): Promise<Document> {
  try {
    return await readJson<Document>(path);
  } catch {
    throw new Error(`${path} can’t be read. Over file:// a browser reads no documents: serve the site with \`matrix serve\`.`);
  }
}
