/** Lock files: each release of the target that is locked, and what is locked beside it. */

import { type Parsed } from "./lines.ts";
import {
  type Draft, type Entry, type Package, type Table, asText, at, enter, firstText, isTable, others, shown, table, texts,
} from "./manifest.ts";
import { allOf, markerOf } from "./markers.ts";
import { pythonOf } from "./poetry.ts";
import { type Target, extrasOf, isTarget } from "./requirement.ts";
import { ifSpecifier, normalForm } from "./specifiers.ts";

/** Each table of an array of tables, with its index. */
function tables(tree: unknown, key: string, draft: Draft): [number, Table][] {
  const array = isTable(tree) ? (tree[key] ?? []) : [];
  if (!Array.isArray(array)) {
    draft.say(`\`${key}\` is ${shown(array)}, and not an array of tables.`);
    return [];
  }
  for (const one of array) if (!isTable(one)) draft.say(`An item of \`${key}\` is ${shown(one)}, and not a table.`);
  return [...array.entries()].filter((one): one is [number, Table] => isTable(one[1]));
}

function pairs(packages: readonly [number, Table][]): [unknown, unknown][] {
  return packages.map(([, one]) => [one["name"], one["version"]]);
}

export function readUvLock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = ifSpecifier(isTable(tree) ? tree["requires-python"] : "");
  if (isTable(tree) && (tree["version"] ?? 1) !== 1) {
    draft.say("It is of a newer format than this page knows.");
  }
  const packages = tables(tree, "package", draft);
  const locked = others(pairs(packages.filter(([, one]) => !isOwn(table(one, "source")))), draft.target);
  const edges = packages.flatMap(([, one]) => edgesOf(one, draft.target));
  for (const [index, one] of packages) {
    if (!isTarget(one["name"], draft.target)) continue;
    const markers = one["resolution-markers"];
    const source = table(one, "source");
    const found: Package = {
      version: one["version"],
      line: line("package", index, "name"),
      markers: Array.isArray(markers) ? markers : [markers],
      // An edge names a version where there are several.
      extras: edges.flatMap((edge) =>
        edge["version"] === undefined || edge["version"] === one["version"] ? extrasOf(edge["extra"]) : [],
      ),
      direct: firstText(source, ...Object.keys(source).filter((key) => key !== "registry")),
    };
    enter(found, draft, locked);
  }
}

/** Whether it is the project itself: in the lock, and nothing that is locked. */
function isOwn(source: Table): boolean {
  return "virtual" in source || source["editable"] === ".";
}

/** The dependencies of a package on the target. */
function edgesOf(one: Table, target: Target): Table[] {
  const optional = [table(one, "optional-dependencies"), table(one, "dev-dependencies")].flatMap(Object.values);
  return [one["dependencies"], ...optional].flat().filter((edge) => isTable(edge) && isTarget(edge["name"], target)) as Table[];
}

export function readPoetryLock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = pythonOf(firstText(table(tree, "metadata"), "python-versions"));
  const packages = tables(tree, "package", draft);
  const locked = others(pairs(packages), draft.target);
  for (const [index, one] of packages) {
    if (!isTarget(one["name"], draft.target)) continue;
    const source = table(one, "source");
    const isIndexed = ["", "legacy"].includes(String(source["type"] ?? ""));
    const direct = isIndexed ? "" : at(firstText(source, "url"), firstText(source, "resolved_reference", "reference"));
    const markers = markersOf(one["markers"], texts(one["groups"] ?? [one["category"]]));
    enter({ version: one["version"], line: line("package", index, "name"), markers, extras: [], direct }, draft, locked);
  }
}

/** The markers of a package: one, or one for each group; a group without one wants it always. */
function markersOf(markers: unknown, groups: readonly string[]): readonly unknown[] {
  if (!isTable(markers)) return [markers];
  return groups.some((group) => !Object.hasOwn(markers, group)) ? [] : Object.values(markers);
}

export function readPdmLock({ tree, line }: Parsed, draft: Draft): void {
  const targets = table(tree, "metadata")["targets"];
  const pythons = new Set(Array.isArray(targets) ? targets.map((one) => firstText(one, "requires_python")) : []);
  draft.python = pythons.size === 1 ? ifSpecifier([...pythons][0]) : "";
  const packages = tables(tree, "package", draft);
  const locked = others(pairs(packages), draft.target);
  const found = new Map<string, Package>();
  for (const [index, one] of packages) {
    if (!isTarget(one["name"], draft.target)) continue;
    const direct = at(firstText(one, "git", "hg", "svn", "url", "path"), firstText(one, "revision", "ref"));
    // With and without extras it is one package.
    const same = JSON.stringify([one["version"], one["marker"], direct]);
    const extras = [...(found.get(same)?.extras ?? []), ...extrasOf(one["extras"])];
    const where = found.get(same)?.line ?? line("package", index, "name");
    found.set(same, { version: one["version"], line: where, markers: [one["marker"]], extras, direct });
  }
  for (const one of found.values()) enter(one, draft, locked);
}

export function readPylock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = ifSpecifier(isTable(tree) ? tree["requires-python"] : "");
  const packages = tables(tree, "packages", draft);
  const locked = others(pairs(packages), draft.target);
  for (const [index, one] of packages) {
    if (!isTarget(one["name"], draft.target)) continue;
    const sources = ["vcs", "directory", "archive"].map((kind) => table(one, kind));
    const source = sources.find((each) => firstText(each, "url", "path"));
    const direct = at(firstText(source, "url", "path"), firstText(source, "commit-id"));
    const where = line("packages", index, "name");
    enter({ version: one["version"], line: where, markers: [one["marker"]], extras: [], direct }, draft, locked);
  }
}

// Pipenv: its file and its lock have the same fields of a package.

const SOURCES = ["git", "hg", "svn", "file", "path"];
const SETTINGS = ["source", "requires", "scripts", "pipenv", "_meta"];
/** What a Pipfile may have as a field of a package: `platform_system = "== 'Linux'"`. */
const MARKERS = [
  "os_name", "sys_platform", "platform_machine", "platform_system", "platform_python_implementation",
  "python_version", "python_full_version", "implementation_name",
];

export function readPipfile({ tree, line }: Parsed, draft: Draft): void {
  readPipenv(table(tree), line, table(tree, "requires"), draft);
}

export function readPipfileLock({ tree, line }: Parsed, draft: Draft): void {
  readPipenv(table(tree), line, table(tree, "_meta", "requires"), draft, true);
}

function readPipenv(tree: Table, line: Parsed["line"], requires: Table, draft: Draft, isLock = false): void {
  const [full, short] = [firstText(requires, "python_full_version"), firstText(requires, "python_version")];
  draft.python = ifSpecifier(full ? `==${full}` : short ? `==${short}.*` : "");
  for (const category of Object.keys(tree).filter((key) => !SETTINGS.includes(key))) {
    const packages = Object.entries(table(tree, category));
    const locked = others(isLock ? packages.map(([name, one]) => [name, pinOf(one)]) : [], draft.target);
    for (const [name, wanted] of packages) {
      if (!isTarget(name, draft.target)) continue;
      const where = line(category, name);
      try {
        draft.entries.push({ ...fromPipenv(wanted, isLock), line: where, locked });
      } catch {
        const said = isTable(wanted) ? wanted["version"] : wanted;
        draft.say(`The package ${draft.target.package} can't be read: ${shown(said)}.`, "As in PEP 440: `>=0.40,<1`.", where);
      }
    }
  }
}

function fromPipenv(wanted: unknown, isLock: boolean): Omit<Entry, "line" | "locked"> {
  const own = isTable(wanted) ? wanted : { version: asText(wanted) };
  const conditions = isLock ? [] : MARKERS.filter((name) => name in own).map((name) => `${name} ${asText(own[name])}`);
  return {
    specifier: normalForm(asText(own["version"])),
    marker: markerOf(allOf([asText(own["markers"]), ...conditions])),
    extras: extrasOf(own["extras"]),
    direct: at(firstText(own, ...SOURCES), firstText(own, "ref")),
  };
}

/** The version of a package; one from a repository has none. */
function pinOf(one: unknown): string | undefined {
  const version = firstText(one, "version");
  return version.startsWith("==") ? version.replace(/^=+/, "") : undefined;
}
