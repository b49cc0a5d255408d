// Compare the status with 429 and 529, and read the type from the error's body. Seen in many apps.

export async function ask(create) {
  try {
    for await (const event of await create()) void event;
  } catch (error) {
    if (error?.status === 429 || error?.status === 529) return "retry";
    if (error?.error?.error?.type === "overloaded_error") return "retry";
    throw error;
  }
}
