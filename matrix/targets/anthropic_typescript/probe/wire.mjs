/**
 * The way to the harness, and the thread that ends the probe.
 *
 * The thread works while the SDK blocks the main one. It ends the probe when a call exceeds the deadline, and when
 * standard input ends.
 */

import { readFileSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** Milliseconds between two looks at the clock; a hundredth of the deadline. */
const POLL = 50;

/** The state of the watch between two calls, and after the thread has ended a call. Calls count from 1. */
const IDLE = 0;
const EXPIRED = -1;

/** The descriptor of the harness's pipe, as `probe.mjs` passes it on. Processes of the SDK do not inherit it. */
const WIRE = 3;

/** Write one line at once, so that a crash loses no earlier one. */
export function say(value) {
  // A lone surrogate, which no encoding can carry, becomes a question mark.
  const encodable = (_, item) => (typeof item === "string" ? item.replace(/\p{Cs}/gu, "?") : item);
  const data = Buffer.from(JSON.stringify(value, encodable) + "\n");
  for (let written = 0; written < data.length; ) written += writeSync(WIRE, data, written);
}

/** Read the plan, the first line of standard input, and leave what follows to the thread. */
export function readPlan() {
  const pieces = [];
  const piece = Buffer.alloc(65536);
  for (;;) {
    const size = readSync(0, piece);
    if (size === 0) leave();
    pieces.push(Buffer.from(piece.subarray(0, size)));
    if (piece[size - 1] === 10) return JSON.parse(Buffer.concat(pieces).toString());
  }
}

/**
 * Exit at once, with every process that the SDK started, so that nothing which a call left behind can delay the exit.
 *
 * The harness starts the probe in a session of its own, so the process group holds only the probe and processes of the
 * SDK. The group of a shell is left alone.
 */
export function leave() {
  process.kill(groupOfSession() ?? process.pid, "SIGKILL");
}

/** Return the process group, as `kill` takes it, if its leader leads the session too. */
function groupOfSession() {
  try {
    const [, , group, session] = readFileSync("/proc/self/stat", "utf8").split(") ").pop().split(" ");
    return group === session ? -Number(group) : undefined;
  } catch {
    return undefined; // a system without /proc
  }
}

/** The clock of the current call. Either the call ends first or the deadline: only one of them reports. */
export class Watch {
  #state = new Int32Array(new SharedArrayBuffer(4));
  #calls = 0;

  constructor(deadline) {
    // It also keeps the probe alive while a call waits for nothing that could wake it.
    new Worker(new URL(import.meta.url), { workerData: { state: this.#state, deadline: deadline * 1000 } });
  }

  /** Start the clock for the next call. */
  start() {
    Atomics.store(this.#state, 0, ++this.#calls);
  }

  /** Stop the clock; return whether the call ended in time. If not, the thread reports it. */
  stop() {
    return Atomics.compareExchange(this.#state, 0, this.#calls, IDLE) === this.#calls;
  }
}

/** End the probe when a call exceeds the deadline. */
function watchClock({ state, deadline }) {
  let [watched, since] = [IDLE, 0];
  setInterval(() => {
    const current = Atomics.load(state, 0);
    if (current !== watched) [watched, since] = [current, performance.now()];
    const isLate = watched > IDLE && performance.now() - since > deadline;
    if (isLate && Atomics.compareExchange(state, 0, watched, EXPIRED) === watched) {
      say({ call: watched - 1, seen: { outcome: "timed-out" } });
      leave();
    }
  }, POLL);
}

/** End the probe when standard input ends, since the harness is gone then. A file could not be read without blocking. */
function watchStandardInput() {
  new Socket({ fd: 0 }).on("error", leave).on("close", leave).resume();
}

if (!isMainThread) {
  watchClock(workerData);
  watchStandardInput();
}
