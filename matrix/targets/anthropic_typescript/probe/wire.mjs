/**
 * The way to the harness, and the thread that ends the probe.
 *
 * The thread works while the SDK blocks the main one. It ends the probe when a call exceeds the deadline, and when
 * standard input ends.
 */

import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** Milliseconds between two looks at the clock; a hundredth of the deadline. */
const POLL = 50;

/** The state of the watch between two calls, and after the thread has ended a call. Calls count from 1. */
const IDLE = 0;
const EXPIRED = -1;

/**
 * Make standard output private, and return the function that writes a line there. What the SDK prints goes to standard
 * error instead. Node opens files so that processes of the SDK do not inherit them.
 */
export function openWire() {
  const descriptor = openSync("/dev/fd/1", "a");
  closeSync(1);
  openSync("/dev/fd/2", "a"); // gets the lowest free number: 1
  return Object.assign((value) => writeLine(descriptor, value), { descriptor });
}

/** Write one line at once, so that a crash loses no earlier one. */
function writeLine(descriptor, value) {
  // A lone surrogate, which no encoding can carry, becomes a question mark.
  const encodable = (_, item) => (typeof item === "string" ? item.replace(/\p{Cs}/gu, "?") : item);
  const data = Buffer.from(JSON.stringify(value, encodable) + "\n");
  for (let written = 0; written < data.length; ) written += writeSync(descriptor, data, written);
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
  process.kill(leadsSession() ? -process.pid : process.pid, "SIGKILL");
}

function leadsSession() {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ").pop().split(" ");
    return Number(fields[3]) === process.pid;
  } catch {
    return false; // a system without /proc
  }
}

/** The clock of the current call. Either the call ends first or the deadline: only one of them reports. */
export class Watch {
  #state = new Int32Array(new SharedArrayBuffer(4));
  #calls = 0;

  constructor(deadline, descriptor) {
    // It also keeps the probe alive while a call waits for nothing that could wake it.
    new Worker(new URL(import.meta.url), { workerData: { state: this.#state, deadline: deadline * 1000, descriptor } });
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
function watchClock({ state, deadline, descriptor }) {
  let [watched, since] = [IDLE, 0];
  setInterval(() => {
    const current = Atomics.load(state, 0);
    if (current !== watched) [watched, since] = [current, performance.now()];
    const isLate = watched > IDLE && performance.now() - since > deadline;
    if (isLate && Atomics.compareExchange(state, 0, watched, EXPIRED) === watched) {
      writeLine(descriptor, { call: watched - 1, seen: { outcome: "timed-out" } });
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
