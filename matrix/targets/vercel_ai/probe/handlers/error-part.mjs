// Look for a part of the type error, and catch exceptions too. Seen in the SDK's documentation.

export async function ask(create) {
  try {
    for await (const part of await create()) {
      if (part.type === "error") return "retry";
    }
  } catch {
    return "retry";
  }
}
