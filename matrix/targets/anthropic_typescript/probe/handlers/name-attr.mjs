// Compare the attribute name of the error, or else its status. Seen in many apps.

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error?.name === "APIConnectionError" || error?.name === "APIConnectionTimeoutError") return "retry";
    if (error?.status === 429 || error?.status >= 500) return "retry";
    throw error;
  }
}
