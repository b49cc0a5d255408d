/** Warn if the data is older than its schedule, by the clock of the visitor. */

import { need } from "./dom.ts";

const DAY = 86_400_000;

/** Return the notice for data of a day; empty while the data is on schedule. */
export function notice(day: string, staleAfter: number, now: number): string {
  const age = Math.floor((now - Date.parse(day)) / DAY);
  return age > staleAfter
    ? `This data is ${age} days old, but its schedule is ${staleAfter} days. Newer releases may be missing.`
    : "";
}

export function warnIfStale(): void {
  const time = document.querySelector<HTMLTimeElement>("time[data-stale-after]");
  if (!time) return;
  need(document, "[data-stale]").textContent = notice(time.dateTime, Number(time.dataset["staleAfter"]), Date.now());
}
