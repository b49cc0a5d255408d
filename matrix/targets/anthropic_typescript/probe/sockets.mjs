/**
 * The sockets that a call opens. Node announces them, whichever HTTP library the SDK uses: its own `fetch`, or
 * node-fetch over an agent.
 */

import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The longest wait for the end of a response, in milliseconds. The backend sends everything within a hundredth of that,
 * or holds the stream for ever.
 */
const SETTLES = 500;

const OPEN = "open";
const IDLE = "idle";

/** Each socket of the current call to its state: `open` while a response uses it, then `idle`. */
const sockets = new Map();

/** Each request of `fetch` to its socket. */
const requests = new WeakMap();

diagnostics.subscribe("net.client.socket", ({ socket }) => {
  sockets.set(socket, OPEN);
  socket.on("free", () => sockets.set(socket, IDLE)); // from an agent, which keeps it for the next request
});
diagnostics.subscribe("undici:client:sendHeaders", ({ request, socket }) => {
  requests.set(request, socket);
  sockets.set(socket, OPEN);
});
diagnostics.subscribe("undici:request:trailers", ({ request }) => sockets.set(requests.get(request), IDLE));

/**
 * Return the state of the connection after a call. `open`: in use, and so leaked until it is collected. `idle`: kept for
 * the next request. `closed`: there is none. Empty: there was none.
 */
export async function connection() {
  for (const end = performance.now() + SETTLES; states().includes(OPEN) && performance.now() < end; ) await sleep(5);
  if (sockets.size === 0) return "";
  return [OPEN, IDLE].find((state) => states().includes(state)) ?? "closed";
}

function states() {
  return [...sockets].filter(([socket]) => !socket.destroyed).map(([, state]) => state);
}

/** Close every socket, so that a call does not use one of an earlier call. */
export async function closeSockets() {
  for (const socket of sockets.keys()) {
    socket.on("error", () => {});
    const closing = socket.closed || once(socket, "close");
    socket.destroy();
    await closing;
  }
  sockets.clear();
}
