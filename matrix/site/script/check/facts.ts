/** What is known of every release: `api/v1/facts.json`, in which what is empty is left out. */

import { type Target } from "./requirement.ts";

export type Level = "error" | "warning" | "note";
export type Lane = "as-released" | "today";

/** One thing to know about a release; judged when the site was built. */
export interface Fact {
  readonly rule: string;
  readonly handler?: string;
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

interface Told {
  readonly unasked: readonly number[];
  readonly asked: readonly number[];
  readonly handlers?: Readonly<Record<string, readonly number[]>>;
}

export interface FactsDocument {
  readonly generated_at: string | null;
  readonly releases: readonly Release[];
  readonly rules: readonly string[];
  readonly handlers: readonly string[];
  readonly facts: readonly Fact[];
  readonly cases: readonly { readonly unusable?: string; readonly told?: Readonly<Record<string, Told>> }[];
  readonly pins: readonly string[];
  readonly locks: readonly (readonly number[])[];
  readonly carriers: readonly string[];
  readonly target: Target & {
    readonly title: string;
    /** The command line of the program for this target, up to the subcommand. */
    readonly command: string;
    readonly examples?: readonly Example[];
  };
}

/** A requirement to try, with the handlers that are chosen for it. */
export interface Example {
  readonly text: string;
  readonly catching?: readonly string[];
}

/** What is known, to be asked. */
export class Knowledge {
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

  /** The lanes in which a release was measured. */
  lanes(release: Release): Lane[] {
    return (["as-released", "today"] as const).filter((lane) => release.lanes?.[lane]);
  }

  /** Why a release can't be used in a lane; empty if it can, or if nobody knows. */
  unusable(release: Release, lane: Lane): string {
    return this.#case(release, lane)?.unusable ?? "";
  }

  /** What was installed with a release. */
  lock(release: Release, lane: Lane): ReadonlyMap<string, string> {
    const pins = this.document.locks[release.lanes?.[lane]?.lock ?? -1] ?? [];
    return new Map(pins.map((pin) => (this.document.pins[pin] ?? "").split("==") as [string, string]));
  }

  /** What there is to know about a release in a lane for whoever catches in these ways; undefined if it is unknown. */
  facts(release: Release, lane: Lane, catching: readonly string[], extras: readonly string[]): Fact[] | undefined {
    const known = this.#case(release, lane);
    const measured = extras.filter((extra) => known?.told?.[extra]);
    const told = known?.told?.[measured.join(",")];
    if (!known || !told) return undefined;
    const numbers = [
      ...(catching.length ? told.asked : told.unasked),
      ...catching.flatMap((handler) => told.handlers?.[handler] ?? []),
    ];
    const found = numbers.flatMap((number) => this.document.facts[number] ?? []);
    const without = known.unusable ? [] : extras.filter((extra) => !measured.includes(extra));
    return [...found, ...without.map(withoutExtra)];
  }

  #case(release: Release, lane: Lane): FactsDocument["cases"][number] | undefined {
    return this.document.cases[release.lanes?.[lane]?.case ?? -1];
  }
}

function withoutExtra(extra: string): Fact {
  return { rule: "lock-differs", level: "note", message: `the extra \`${extra}\` was not measured` };
}
