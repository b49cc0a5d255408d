// Take the error from the callback onError, and catch exceptions too. Seen in the SDK's documentation.

export async function ask(create) {
  let failure = null;
  try {
    for await (const part of await create({ onError: ({ error }) => (failure = error) })) void part;
  } catch (error) {
    failure = error;
  }
  if (failure !== null) return "retry";
}
