// Catch everything. Seen in many apps.

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch {
    return "retry";
  }
}
