/**
 * Starts the probe, and gives it the way to the harness under a number of its own: what the SDK prints to standard output
 * goes to standard error. Node can't duplicate a descriptor, but it can start a process with one.
 *
 * It is executed as `node <environment>/probe/probe.mjs`; `main.mjs` describes the protocol.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));
const { status, signal } = spawnSync(process.execPath, [main], { stdio: [0, 2, 2, 1] });
if (signal) process.kill(process.pid, signal);
process.exit(status);
