/**
 * The probe: runs inside a cell, makes the calls of a plan, and reports what it observed.
 *
 * Node 18 or later executes it as `node <environment>/probe/probe.mjs`, with its standard library and the SDK, and nothing
 * else. It reports; it judges nothing.
 *
 * The protocol is one JSON object a line:
 *
 *     in:  {"deadline": seconds, "calls": [{"call": n, "surface": id, "base_url": url, "timeout": seconds or null}, …]}
 *     out: {"hello": {…}}                    the interpreter and what is installed, once
 *          {"cannot_import": {…}}            and no further line, or
 *          {"imported": true}
 *          {"call": n, "seen": {…}}          one line for each call, in order, and
 *          {"bye": true}                     after the last
 *
 * The harness keeps standard input open. When it ends, the harness is gone, and the probe exits. A call that exceeds the
 * deadline is reported as timed out, and the probe exits, whatever the SDK is doing. However the probe exits, it first
 * ends the processes that the SDK started.
 */

import os from "node:os";
import { describe } from "./facets.mjs";
import { loadHandlers } from "./handlers.mjs";
import { installed, PACKAGE } from "./environment.mjs";
import { Caller } from "./caller.mjs";
import { leave, openWire, readPlan, Watch } from "./wire.mjs";

const say = openWire();
const plan = readPlan();
const watch = new Watch(plan.deadline, say.descriptor);

async function main() {
  say({
    hello: {
      implementation: "Node",
      python: process.versions.node,
      platform: process.platform,
      machine: os.machine(),
      distributions: installed(),
      extras: [],
    },
  });
  let sdk;
  try {
    sdk = await import(PACKAGE);
  } catch (error) {
    say({ cannot_import: describe(error, {}, "") }); // anything thrown is the result of importing this release
    return;
  }
  say({ imported: true });
  const caller = new Caller(sdk, await loadHandlers());
  for (const call of plan.calls) {
    watch.start();
    const seen = await caller.play(call.surface, call.base_url, call.timeout);
    if (!watch.stop()) return; // the thread reports the call
    say({ call: call.call, seen });
  }
  say({ bye: true });
}

try {
  await main();
} catch (error) {
  console.error(error); // a bug in this program
}
leave();
