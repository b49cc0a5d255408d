// Rely on the SDK's maxRetries, which end where the stream begins. Seen in many apps.

export async function ask(create) {
  for await (const part of await create()) void part;
}
