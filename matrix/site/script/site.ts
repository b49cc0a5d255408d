/*! Contains @renovatebot/pep440 (Apache-2.0 or BSD-2-Clause). */
/** The script of every page; each part does nothing on a page without its elements. */

import { offerQuestions } from "./ask/bar.ts";
import { walkMatrix } from "./arrows.ts";
import { filterChanges } from "./changes.ts";
import { pinRelease } from "./chart.ts";
import { compareReleases } from "./compare.ts";
import { offerCopies } from "./copy.ts";
import { disclose } from "./disclose.ts";
import { openDrawers } from "./drawer.ts";
import { filterMatrix } from "./filter.ts";
import { loadGroups } from "./groups.ts";
import { chooseRelease } from "./handlers.ts";
import { rollMatrix } from "./matrix.ts";
import { noClient, requirementOf } from "./spelling.ts";
import { warnIfStale } from "./stale.ts";
import { comparePackages } from "./versus.ts";

/** What the script of the check page takes from this one, so that visitors do not download it twice. */
const shared = { noClient, requirementOf };
export type Shared = typeof shared;
Object.assign(globalThis, { shared });

warnIfStale();
offerQuestions();
// The other parts begin when the question bar can be used.
setTimeout(() => {
  for (const part of [rollMatrix, filterMatrix, walkMatrix, loadGroups, openDrawers, disclose, offerCopies, pinRelease, filterChanges, compareReleases, comparePackages, chooseRelease]) void part();
});
