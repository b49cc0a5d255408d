/** Lock files: each locked release of the target, with the other packages that the file locks. */

import { type Parsed } from "./lines.ts";
import {
  type Draft, type Entry, type LockedPackage, type Table, NO_LOCK,
  addPackage, asText, at, describe, firstText, isTable, lockedVersions, table, texts,
} from "./manifest.ts";
import { allOf, markerOf } from "./markers.ts";
import { pythonOf } from "./poetry.ts";
import { type Target, extrasOf, isTarget } from "./requirement.ts";
import { Unreadable, ifSpecifier, normalForm } from "./specifiers.ts";

const NEWER_FORMAT = "Check for a newer release of midstream.";

/** Return each table of an array of tables with its index; report other values. */
function tables(tree: unknown, key: string, draft: Draft): [number, Table][] {
  const array = isTable(tree) ? (tree[key] ?? []) : [];
  if (!Array.isArray(array)) {
    draft.report(`\`${key}\` must be an array of tables, but is ${describe(array)}.`);
    return [];
  }
  for (const item of array) {
    if (!isTable(item)) draft.report(`Each item of \`${key}\` must be a table, but one is ${describe(item)}.`);
  }
  return [...array.entries()].filter((pair): pair is [number, Table] => isTable(pair[1]));
}

function versionsOf(packages: readonly [number, Table][]): [unknown, unknown][] {
  return packages.map(([, each]) => [each["name"], each["version"]]);
}

export function readUvLock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = ifSpecifier(isTable(tree) ? tree["requires-python"] : "");
  const version = isTable(tree) ? (tree["version"] ?? 1) : 1;
  if (version !== 1) draft.report(`\`version\` must be 1, but is ${describe(version)}.`, NEWER_FORMAT);
  const packages = tables(tree, "package", draft);
  const locked = lockedVersions(versionsOf(packages.filter(([, each]) => !isProject(table(each, "source")))), draft.target);
  const edges = packages.flatMap(([, each]) => edgesOf(each, draft.target));
  for (const [index, each] of packages) {
    if (!isTarget(each["name"], draft.target)) continue;
    const markers = each["resolution-markers"];
    const source = table(each, "source");
    const release: LockedPackage = {
      version: each["version"],
      line: line("package", index, "name"),
      markers: Array.isArray(markers) ? markers : [markers],
      // A dependency names the version if the lock has several releases.
      extras: edges.flatMap((edge) =>
        edge["version"] === undefined || edge["version"] === each["version"] ? extrasOf(edge["extra"]) : [],
      ),
      direct: firstText(source, ...Object.keys(source).filter((key) => key !== "registry")),
    };
    addPackage(release, draft, locked);
  }
}

/** Whether a package is the project itself, which is in the lock but is not locked. */
function isProject(source: Table): boolean {
  return "virtual" in source || source["editable"] === ".";
}

/** Return the dependencies of a package that are on the target. */
function edgesOf(parent: Table, target: Target): Table[] {
  const optional = [table(parent, "optional-dependencies"), table(parent, "dev-dependencies")].flatMap(Object.values);
  return [parent["dependencies"], ...optional].flat().filter((edge) => isTable(edge) && isTarget(edge["name"], target)) as Table[];
}

export function readPoetryLock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = pythonOf(firstText(table(tree, "metadata"), "python-versions"));
  const packages = tables(tree, "package", draft);
  const locked = lockedVersions(versionsOf(packages), draft.target);
  for (const [index, each] of packages) {
    if (!isTarget(each["name"], draft.target)) continue;
    const source = table(each, "source");
    const isIndexed = ["", "legacy"].includes(String(source["type"] ?? ""));
    const direct = isIndexed ? "" : at(firstText(source, "url"), firstText(source, "resolved_reference", "reference"));
    const markers = markersOf(each["markers"], texts(each["groups"] ?? [each["category"]]));
    addPackage({ version: each["version"], line: line("package", index, "name"), markers, extras: [], direct }, draft, locked);
  }
}

/** Return the markers of a package: one, or one for each group; a group without a marker always applies. */
function markersOf(markers: unknown, groups: readonly string[]): readonly unknown[] {
  if (!isTable(markers)) return [markers];
  return groups.some((group) => !Object.hasOwn(markers, group)) ? [] : Object.values(markers);
}

export function readPdmLock({ tree, line }: Parsed, draft: Draft): void {
  const targets = table(tree, "metadata")["targets"];
  const pythons = new Set(Array.isArray(targets) ? targets.map((each) => firstText(each, "requires_python")) : []);
  draft.python = pythons.size === 1 ? ifSpecifier([...pythons][0]) : "";
  const packages = tables(tree, "package", draft);
  const locked = lockedVersions(versionsOf(packages), draft.target);
  const releases = new Map<string, LockedPackage>();
  for (const [index, each] of packages) {
    if (!isTarget(each["name"], draft.target)) continue;
    const direct = at(firstText(each, "git", "hg", "svn", "url", "path"), firstText(each, "revision", "ref"));
    // The tables with and without extras are one release.
    const key = JSON.stringify([each["version"], each["marker"], direct]);
    const extras = [...(releases.get(key)?.extras ?? []), ...extrasOf(each["extras"])];
    const where = releases.get(key)?.line ?? line("package", index, "name");
    releases.set(key, { version: each["version"], line: where, markers: [each["marker"]], extras, direct });
  }
  for (const release of releases.values()) addPackage(release, draft, locked);
}

export function readPylock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = ifSpecifier(isTable(tree) ? tree["requires-python"] : "");
  const format = isTable(tree) ? (tree["lock-version"] ?? "1.0") : "1.0";
  if (typeof format !== "string" || !/^1(\.\d+)?$/.test(format)) {
    draft.report(`\`lock-version\` must be 1 or 1.x, but is ${describe(format)}.`, NEWER_FORMAT);
  }
  const packages = tables(tree, "packages", draft);
  const locked = lockedVersions(versionsOf(packages), draft.target);
  for (const [index, each] of packages) {
    if (!isTarget(each["name"], draft.target)) continue;
    const sources = ["vcs", "directory", "archive"].map((kind) => table(each, kind));
    const source = sources.find((candidate) => firstText(candidate, "url", "path"));
    const direct = at(firstText(source, "url", "path"), firstText(source, "commit-id"));
    const where = line("packages", index, "name");
    addPackage({ version: each["version"], line: where, markers: [each["marker"]], extras: [], direct }, draft, locked);
  }
}

// Pipenv: its file and its lock have the same fields of a package.

const SOURCES = ["git", "hg", "svn", "file", "path"];
/** Tables of a Pipfile that are not a category of packages. */
const SETTINGS = ["source", "requires", "scripts", "pipenv"];
/** Markers that a Pipfile may have as fields of a package: `platform_system = "== 'Linux'"`. */
const MARKERS = [
  "os_name", "sys_platform", "platform_machine", "platform_system", "platform_python_implementation",
  "python_version", "python_full_version", "implementation_name",
];
const REGENERATE_PIPFILE_LOCK = "Regenerate it with `pipenv lock`.";

export function readPipfile({ tree, line }: Parsed, draft: Draft): void {
  draft.python = pipenvPython(table(tree, "requires"));
  for (const category of Object.keys(table(tree)).filter((key) => !SETTINGS.includes(key))) {
    for (const [name, value] of Object.entries(table(tree, category))) {
      if (!isTarget(name, draft.target)) continue;
      const where = line(category, name);
      try {
        const fields = isTable(value) ? value : { version: asText(value) };
        const conditions = MARKERS.filter((marker) => marker in fields).map((marker) => `${marker} ${asText(fields[marker])}`);
        draft.entries.push({ ...pipenvEntry(fields, conditions), line: where, locked: NO_LOCK });
      } catch {
        const message = `The requirement on ${draft.target.package} is not valid: ${describeVersion(value)}.`;
        draft.report(message, "Write a PEP 440 specifier such as `>=0.40,<1`.", where);
      }
    }
  }
}

export function readPipfileLock({ tree, line }: Parsed, draft: Draft): void {
  draft.python = pipenvPython(table(tree, "_meta", "requires"));
  for (const [category, packages] of Object.entries(table(tree))) {
    if (category === "_meta") continue;
    if (!isTable(packages)) {
      draft.report(`\`${category.slice(0, 80)}\` must be an object, but is ${describe(packages)}.`, REGENERATE_PIPFILE_LOCK);
      continue;
    }
    const locked = lockedVersions(Object.entries(packages).map(([name, fields]) => [name, pinOf(fields)]), draft.target);
    for (const [name, fields] of Object.entries(packages)) {
      if (!isTarget(name, draft.target)) continue;
      const where = line(category, name);
      try {
        if (!isTable(fields)) throw new Unreadable();
        draft.entries.push({ ...pipenvEntry(fields, []), line: where, locked });
      } catch {
        const message = `The package ${draft.target.package} is not valid: ${describeVersion(fields)}.`;
        draft.report(message, REGENERATE_PIPFILE_LOCK, where);
      }
    }
  }
}

function pipenvPython(requires: Table): string {
  const [full, short] = [firstText(requires, "python_full_version"), firstText(requires, "python_version")];
  return ifSpecifier(full ? `==${full}` : short ? `==${short}.*` : "");
}

function pipenvEntry(fields: Table, conditions: readonly string[]): Omit<Entry, "line" | "locked"> {
  return {
    specifier: normalForm(asText(fields["version"])),
    marker: markerOf(allOf([asText(fields["markers"]), ...conditions])),
    extras: extrasOf(fields["extras"]),
    direct: at(firstText(fields, ...SOURCES), firstText(fields, "ref")),
  };
}

function describeVersion(value: unknown): string {
  return describe(isTable(value) ? value["version"] : value);
}

/** Return the version of a package; undefined if it has none, as a package from a repository. */
function pinOf(fields: unknown): string | undefined {
  const version = firstText(fields, "version");
  return version.startsWith("==") ? version.replace(/^=+/, "") : undefined;
}
