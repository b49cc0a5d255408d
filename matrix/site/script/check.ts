/*! Contains @renovatebot/pep440 (Apache-2.0 or BSD-2-Clause) and smol-toml (BSD-3-Clause). */
/** The page that judges what somebody pins: the whole of it happens in the browser. */

import { start } from "./check/page.ts";

start();
