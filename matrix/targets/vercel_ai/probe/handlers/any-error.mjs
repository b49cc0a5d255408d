// Catch everything. Seen in many apps.

export async function ask(create) {
  try {
    for await (const part of await create()) void part;
  } catch {
    return "retry";
  }
}
