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

/** Each socket of the current call to whether a response uses it. */
const sockets = new Map();

/** Each request of `fetch` to its socket. */
const requests = new WeakMap();

diagnostics.subscribe("net.client.socket", ({ socket }) => {
  sockets.set(socket, true);
  socket.on("free", () => sockets.set(socket, false)); // from an agent, which keeps it for the next request
});
diagnostics.subscribe("undici:client:sendHeaders", ({ request, socket }) => {
  requests.set(request, socket);
  sockets.set(socket, true);
});
diagnostics.subscribe("undici:request:trailers", ({ request }) => sockets.set(requests.get(request), false));

/**
 * Return the state of the connection after a call. `open`: a response still uses it, so it leaks until it is collected.
 * `released`: it is closed, or kept for the next request; timing decides which. Empty: there was none.
 */
export async function connection() {
  for (const end = performance.now() + SETTLES; isUsed() && performance.now() < end; ) await sleep(5);
  if (sockets.size === 0) return "";
  return isUsed() ? "open" : "released";
}

function isUsed() {
  return [...sockets].some(([socket, used]) => used && !socket.destroyed);
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
