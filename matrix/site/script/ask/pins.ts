/** Recommend the release to pin, by the ranks of `matrix advise` that stand in the document. Pure. */

import { type AskDocument, type AskHandler, versionOf } from "./document.ts";

/** A release to pin. */
export interface Pin {
  readonly version: string;
  /** The requirement, and those that must stand next to it, one a line. */
  readonly text: string;
  readonly says: string;
}

/**
 * Recommend the release that `matrix advise` recommends.
 *
 * @param release The release that the visitor means.
 * @param allowed The releases of the visitor's range, from which the pin comes; undefined for a single release, which can
 *   be replaced by any.
 * @param handler The visitor's handler.
 */
export function advise(
  facts: AskDocument, release: number, allowed: readonly number[] | undefined, handler: AskHandler | undefined,
): Pin | undefined {
  const ranks = facts.harm[facts.harms[handler?.id ?? ""] ?? -1];
  if (!ranks) return undefined;
  const everywhere = bestOf(facts.versions.map((_, each) => each), ranks);
  const best = (allowed && bestOf(allowed, ranks)) ?? everywhere;
  if (best === undefined || everywhere === undefined) return undefined;
  const version = versionOf(facts, best);
  const to = handler ? "your code" : "code that catches errors";
  const where = allowed?.includes(best) ? " of the releases that you allow" : "";
  const isEqual = ranks[release] === ranks[best];
  const says = best === release
    ? `${where ? `None${where}` : "No release"} is safer for ${to}.`
    : isEqual ? `It is as safe for ${to} as ${versionOf(facts, release)}, and newer.` : `It is the safest for ${to}${where}.`;
  const outside = ranks[everywhere] === ranks[best] ? "" : ` ${versionOf(facts, everywhere)} is safer, but your range does not allow it.`;
  const pins = [facts.pin.replace("VERSION", version), ...(facts.also_pin[version] ?? [])];
  return { version, text: pins.join("\n"), says: `${says}${outside}` };
}

/** Return the release that does the least harm, and of equals the newest; undefined if none can be pinned. */
export function bestOf(releases: readonly number[], ranks: readonly number[]): number | undefined {
  const rank = (release: number): number => ranks[release] ?? -1;
  return releases.filter((release) => rank(release) >= 0).sort((a, b) => rank(a) - rank(b) || b - a)[0];
}
