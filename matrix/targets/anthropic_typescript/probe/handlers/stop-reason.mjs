// Require a stop reason, and call again without one. Ours: what a caller can check without the helper.

export async function ask(create) {
  let stopReason = null;
  for await (const event of await create()) {
    if (event.type === "message_delta") stopReason = event.delta.stop_reason;
    if ("completion" in event) stopReason = event.stop_reason;
  }
  if (stopReason === null) return "retry";
}
