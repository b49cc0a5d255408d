// The probe of the miniature for Node: the smallest program that speaks the protocol of `matrix.harness.player`.

import readline from "node:readline";

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

function describe(error, sdk) {
  const names = [];
  for (let kind = error.constructor; kind.name; kind = Object.getPrototypeOf(kind)) {
    names.push(sdk[kind.name] === kind ? `@acme/llm.${kind.name}` : kind.name);
  }
  return {
    name: names[0],
    bases: names.slice(1),
    exported: names[0].startsWith("@acme/"),
    attributes: { status_code: error.status, type: error.type },
    text: String(error.message),
  };
}

async function play(sdk, url) {
  const events = [];
  let exception;
  try {
    for await (const event of new sdk.Client(url).chat()) events.push(event);
  } catch (error) {
    exception = describe(error, sdk);
  }
  const text = events.map((event) => event.delta?.text ?? "").join("");
  const delivered = { events: events.map((event) => event.type), text, stop_reason: null };
  for (const event of events) if (event.type === "message_delta") delivered.stop_reason = event.delta.stop_reason;
  return exception ? { outcome: "raised", delivered, exception } : { outcome: "completed", delivered };
}

readline.createInterface({ input: process.stdin }).once("line", async (line) => {
  const { versions, platform, arch } = process;
  say({ hello: { implementation: "Node", python: versions.node, platform, machine: arch, distributions: {} } });
  const sdk = await import("@acme/llm");
  say({ imported: true });
  for (const call of JSON.parse(line).calls) say({ call: call.call, seen: await play(sdk, call.base_url) });
  say({ bye: true });
  process.exit(0);
});
