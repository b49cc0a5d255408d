// Compare the type of the error that the callback onError gets, whatever its class is. Ours: every form of it has one.

const TRANSIENT = new Set(["overloaded_error", "rate_limit_error", "api_error", "timeout_error"]);

export async function ask(create) {
  let failure = null;
  try {
    for await (const part of await create({ onError: ({ error }) => (failure = error) })) void part;
  } catch (error) {
    failure = error;
  }
  const { type, data } = failure?.lastError ?? failure ?? {};
  if (TRANSIENT.has(type ?? data?.error?.type)) return "retry";
  if (failure !== null) throw failure;
}
