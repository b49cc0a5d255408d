/** Says so where the data is older than its schedule: only the reader's clock knows. */

const DAY = 86_400_000;

/** The notice for data of a day; empty while it is as fresh as it ought to be. */
export function notice(day: string, staleAfter: number, now: number): string {
  const age = Math.floor((now - Date.parse(day)) / DAY);
  return age > staleAfter
    ? `This data is ${age} days old, and was to be renewed within ${staleAfter}: newer releases may be missing.`
    : "";
}

export function tellAge(): void {
  const time = document.querySelector<HTMLTimeElement>("time[data-stale-after]");
  if (!time) return;
  const text = notice(time.dateTime, Number(time.dataset["staleAfter"]), Date.now());
  for (const place of document.querySelectorAll("[data-stale]")) place.textContent = text;
}
