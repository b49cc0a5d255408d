// Require a reason to finish that the model gave, and call again without one. Ours: the result has it beside any stream.

const WHOLE = new Set(["stop", "length", "content-filter", "tool-calls"]);

export async function ask(create) {
  const stream = await create();
  for await (const part of stream) void part;
  if (!WHOLE.has(await stream.finishReason)) return "retry";
}
