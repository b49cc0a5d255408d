/*! Contains @renovatebot/pep440 (Apache-2.0 or BSD-2-Clause) and smol-toml (BSD-3-Clause). */
/** The check page and its worker, which are one script: visitors download it once. */

import { start } from "./check/page.ts";
import { serve } from "./check/worker.ts";

if ("document" in globalThis) start();
else serve();
