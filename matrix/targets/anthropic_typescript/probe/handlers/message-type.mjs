// Search the message for overloaded_error. Seen in many apps.

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes("overloaded_error")) return "retry";
    throw error;
  }
}
