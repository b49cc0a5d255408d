/** The two sets of dependencies with which a release was measured, and which of them is nearest to those of a lock. Pure. */

export type Lane = "as-released" | "today";

/** Name to version, of what was installed or is locked. */
export type Pins = ReadonlyMap<string, string>;

/** The dependencies that were installed in each lane. */
export const DEPENDENCIES: Readonly<Record<Lane, string>> = {
  "as-released": "the dependencies of its upload day",
  today: "today's dependencies",
};

/**
 * Return the lane whose dependencies are nearest to those that a file locks; `today` if it locks none.
 *
 * @param lanes The lanes in which the release was measured.
 * @param lockOf Returns what was installed in a lane.
 * @param carriers The packages that carry requests, which decide first, in this order.
 */
export function nearestLane(locked: Pins, lanes: readonly Lane[], lockOf: (lane: Lane) => Pins, carriers: readonly string[]): Lane {
  const distance = (lane: Lane): number[] => {
    const lock = lockOf(lane);
    return [
      lock.size ? 0 : 1, // a lane without a resolution is the farthest
      ...carriers.map((name) => Number(locked.get(name) !== lock.get(name))),
      [...lock].filter(([name, pin]) => locked.get(name) !== pin).length,
    ];
  };
  const [own, now] = [distance("as-released"), distance("today")];
  if (!locked.size || !lanes.includes("as-released")) return "today";
  const differing = now.findIndex((number, place) => number !== own[place]);
  const isOwnNearer = differing >= 0 && (own[differing] ?? 0) < (now[differing] ?? 0);
  return isOwnNearer || !lanes.includes("today") ? "as-released" : "today";
}

/** A package that carries requests, in the version that was measured and in the one that a file locks. */
export interface DifferingPin {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Return the packages that carry requests in another version than the measured one. */
export function differingPins(locked: Pins, measured: Pins, carriers: readonly string[]): DifferingPin[] {
  return carriers.flatMap((name) => {
    const [theirs, ours] = [locked.get(name), measured.get(name)];
    return theirs && ours && theirs !== ours ? [{ name, ours, theirs }] : [];
  });
}
