/** The facts about every release: `api/v1/facts.json`, which leaves out empty fields. */

import { type Lane } from "./lanes.ts";
import { type Target } from "./requirement.ts";
import { allows, namesPrerelease } from "./specifiers.ts";

/** Specifiers whose releases are remembered: the lines of one file often have the same. */
const MOST_SPECIFIERS = 1_000;

export type Level = "error" | "warning" | "note";

/** One fact about a release; the site judged it when it was built. */
export interface Fact {
  readonly rule: string;
  readonly handler?: string;
  /** The class of the client that it is about; empty for the first-party client. */
  readonly client?: string;
  readonly level: Level;
  readonly message: string;
  readonly instead?: string;
}

export interface Release {
  readonly version: string;
  readonly uploaded: string;
  readonly requires_python?: string;
  readonly yanked?: boolean;
  readonly installable?: boolean;
  readonly lanes?: Readonly<Partial<Record<Lane, { readonly case: number; readonly lock: number }>>>;
}

/** Indices into `facts`, for one set of extras: without and with a handler, and for each handler. */
interface FactNumbers {
  readonly unasked: readonly number[];
  readonly asked: readonly number[];
  readonly handlers?: Readonly<Record<string, readonly number[]>>;
}

interface Case {
  readonly unusable?: string;
  /** Whether the suite was played; missing if it was. */
  readonly played?: boolean;
  /** Sets of measured extras to the facts about the first-party client. */
  readonly told?: Readonly<Record<string, FactNumbers>>;
  /** Each other client to the facts about it. */
  readonly clients?: Readonly<Record<string, FactNumbers>>;
  /** Each other client that can't be used to the reason. */
  readonly unusable_clients?: Readonly<Record<string, string>>;
}

/** A client for another service. */
export interface Client {
  readonly id: string;
  readonly class_name: string;
  /** The extra that selects it in a requirement; missing if only a choice by hand does. */
  readonly extra?: string;
}

export interface FactsDocument {
  readonly generated_at: string | null;
  readonly releases: readonly Release[];
  readonly rules: readonly string[];
  readonly handlers: readonly string[];
  readonly facts: readonly Fact[];
  readonly cases: readonly Case[];
  readonly pins: readonly string[];
  readonly locks: readonly (readonly number[])[];
  readonly carriers: readonly string[];
  /** How often a call hangs if nobody closes its clients: era and version of the package that decides to the fact. */
  readonly dropped_clients?: {
    readonly cause: string;
    readonly eras: readonly string[];
    readonly facts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  readonly target: Target & {
    readonly title: string;
    /** The command line of the program for this target, up to the subcommand. */
    readonly command: string;
    /** Each extra to the releases that have it, up to the newest release that is known to the site. */
    readonly extras?: Readonly<Record<string, string>>;
    readonly newest?: string;
    /** The extras with clients for other services. */
    readonly client_extras?: readonly string[];
    readonly clients?: readonly Client[];
    readonly examples?: readonly Example[];
  };
}

/** A requirement for visitors to try, with the handlers that are chosen for it. */
export interface Example {
  readonly text: string;
  readonly catching?: readonly string[];
}

/** How a requirement is used. */
export interface Use {
  /** The ids of the handlers. */
  readonly catching: readonly string[];
  /** The clients for other services; none means the first-party client. */
  readonly clients: readonly Client[];
}

/** Queries over the facts. */
export class Knowledge {
  readonly #allowed = new Map<string, readonly Release[]>();

  constructor(readonly document: FactsDocument) {}

  get releases(): readonly Release[] {
    return this.document.releases;
  }

  get target(): FactsDocument["target"] {
    return this.document.target;
  }

  get newest(): Release | undefined {
    return this.releases.at(-1);
  }

  /** Return the releases that a specifier allows, with yanked ones. */
  allowed(specifier: string): readonly Release[] {
    const known = this.#allowed.get(specifier);
    if (known) return known;
    const prereleases = namesPrerelease(specifier);
    const allowed = this.releases.filter(({ version }) => allows(specifier, version, prereleases));
    if (this.#allowed.size >= MOST_SPECIFIERS) this.#allowed.clear();
    this.#allowed.set(specifier, allowed);
    return allowed;
  }

  /** Return the lanes in which a release was measured. */
  lanes(release: Release): Lane[] {
    return (["as-released", "today"] as const).filter((lane) => release.lanes?.[lane]);
  }

  /** Return why a client of a release can't be used in a lane; empty if it can, or if that was not measured. */
  unusable(release: Release, lane: Lane, client?: Client): string {
    const found = this.#case(release, lane);
    return (client ? found?.unusable_clients?.[client.id] : found?.unusable) ?? "";
  }

  /** Return the versions that were installed with a release. */
  lock(release: Release, lane: Lane): ReadonlyMap<string, string> {
    const pins = this.document.locks[release.lanes?.[lane]?.lock ?? -1] ?? [];
    return new Map(pins.map((pin) => (this.document.pins[pin] ?? "").split("==") as [string, string]));
  }

  /**
   * Return the clients for other services that a requirement is judged for; none means the first-party client.
   *
   * @param chosen The client that the visitor chose: an id, or any other name for the first-party client; empty to use
   *   those of the extras.
   */
  clients(extras: readonly string[], chosen: string): readonly Client[] {
    const clients = this.target.clients ?? [];
    return clients.filter(({ id, extra }) => (chosen ? id === chosen : extra !== undefined && extras.includes(extra)));
  }

  /**
   * Return the facts about a release in a lane; undefined if it was not measured.
   *
   * @param extras The extras of the requirement.
   */
  facts(release: Release, lane: Lane, { catching, clients }: Use, extras: readonly string[]): Fact[] | undefined {
    const measurement = this.#case(release, lane);
    if (!measurement?.told?.[""]) return undefined;
    const { told, clients: others = {}, played = true, unusable } = measurement;
    const measured = clients.length ? [] : extras.filter((extra) => told[extra]);
    const numbers = clients.length ? clients.map(({ id }) => others[id]) : [told[measured.join(",")]];
    const isMissing = (extra: string): boolean => isMissingExtra(extra, release.version, this.target);
    // A client whose extra is missing can't be used, and the missing extra has a fact of its own.
    const isTold = clients.map(({ extra }) => !(extra && extras.includes(extra) && isMissing(extra)));
    const chosen = numbers.flatMap((of, index) => [
      ...((catching.length ? of?.asked : of?.unasked) ?? []).filter(
        (number) => isTold[index] !== false || this.document.facts[number]?.rule !== "no-such-extra",
      ),
      ...catching.flatMap((handler) => of?.handlers?.[handler] ?? []),
    ]);
    // Two clients share the facts about the release itself.
    const facts = [...new Set(chosen)].flatMap((number) => this.document.facts[number] ?? []);
    if (!played || (unusable && !clients.length)) return facts;
    const unmeasured = extras.filter((extra) => !measured.includes(extra));
    return [...extraFacts(unmeasured, release.version, this.target, clients[0]), ...facts];
  }

  /** Return how often a call hangs if nobody closes its clients; undefined if none hung, or if that is not known. */
  hangFact(release: Release, locked: ReadonlyMap<string, string>): Fact | undefined {
    const { dropped_clients: dropped, facts } = this.document;
    if (!dropped) return undefined;
    const era = [...dropped.eras].reverse().find((first) => allows(`>=${first}`, release.version, true)) ?? "";
    const version = locked.get(dropped.cause) ?? this.lock(release, "today").get(dropped.cause) ?? "";
    return facts[dropped.facts[era]?.[version] ?? -1];
  }

  #case(release: Release, lane: Lane): Case | undefined {
    return this.document.cases[release.lanes?.[lane]?.case ?? -1];
  }
}

/** Return whether a release is known to have no such extra. */
function isMissingExtra(extra: string, version: string, { newest, extras = {} }: FactsDocument["target"]): boolean {
  const isKnown = newest !== undefined && allows(`<=${newest}`, version, true);
  return isKnown && !allows(extras[extra] ?? "<0", version, true);
}

/** Return the facts about extras of a release that were not measured, or not with a client. */
function extraFacts(all: readonly string[], version: string, target: FactsDocument["target"], client?: Client): Fact[] {
  const { client_extras: ofClients = [] } = target;
  const isMissing = (extra: string): boolean => isMissingExtra(extra, version, target);
  const missing = all.filter(isMissing).map((extra) => `\`${extra}\``).join(", ");
  const others = all.filter((extra) => !isMissing(extra) && !ofClients.includes(extra));
  const where = client ? ` with ${client.class_name}` : "";
  const facts: Fact[] = others.map((extra) => ({
    rule: "lock-differs", level: "note", message: `the extra \`${extra}\` was not measured${where}`,
  }));
  if (missing) facts.unshift({ rule: "no-such-extra", level: "warning", message: `the package has no extra ${missing}` });
  return facts;
}
