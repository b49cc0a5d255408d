/** What every page does beyond what its HTML does; each part leaves a page alone that is none of its business. */

import { tellAge } from "./stale.ts";

tellAge();
