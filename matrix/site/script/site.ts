/** What every page does beyond what its HTML does; each part leaves a page alone that is none of its business. */

import { walkMatrix } from "./arrows.ts";
import { compareReleases } from "./compare.ts";
import { offerCopies } from "./copy.ts";
import { disclose } from "./disclose.ts";
import { openDrawers } from "./drawer.ts";
import { filterMatrix } from "./filter.ts";
import { findRelease } from "./find.ts";
import { tellAge } from "./stale.ts";

for (const part of [tellAge, findRelease, filterMatrix, walkMatrix, openDrawers, disclose, offerCopies, compareReleases]) {
  part();
}
