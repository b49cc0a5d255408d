/** The question of the bar in the address, which can be shared, and in the session, which takes it to other pages. */

import { address } from "../dom.ts";
import { store, stored } from "../session.ts";

/** The fields, by their names in the address and in the session. */
export const FIELDS = ["release", "client", "catch", "fails"] as const;
export type Field = (typeof FIELDS)[number];
export type State = Readonly<Record<Field, string>>;

/** Characters of a field that are kept: no text of the length of a file. */
const LONGEST = 400;

/** Read the question of the address, or else of the session. */
export function readState(): { state: State; isShared: boolean } {
  const query = new URLSearchParams(location.search);
  const isShared = FIELDS.some((name) => query.get(name));
  return { state: stateOf((name) => (isShared ? query.get(name) ?? "" : stored(name))), isShared };
}

/** Keep a question in the address and in the session. */
export function keep(state: State): void {
  const kept = stateOf((name) => (state[name].length > LONGEST ? "" : state[name]));
  address(kept);
  for (const name of FIELDS) store(name, kept[name]);
}

function stateOf(valueOf: (name: Field) => string): State {
  return { release: valueOf("release"), client: valueOf("client"), catch: valueOf("catch"), fails: valueOf("fails") };
}
