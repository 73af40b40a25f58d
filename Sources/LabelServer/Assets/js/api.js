// JSON over fetch. A failure says whether the server was reached: only then is a retry of use.
export class Problem extends Error {
  constructor({ message, code, field, status, offline = false }) {
    super(message);
    Object.assign(this, { code, field, status, offline });
  }
}

export async function send(method, url, body) {
  let response;
  try {
    response = await fetch(url, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
  } catch (cause) {
    throw new Problem({ message: String(cause), offline: true });
  }
  const text = await response.text();
  const answer = text ? tryParse(text) : null;
  if (response.ok) return { status: response.status, answer };
  const error = answer?.error ?? {};
  throw new Problem({
    ...error,
    message: error.message ?? response.statusText,
    status: response.status,
    offline: response.status === 502 || response.status === 503 || response.status === 504,
  });
}

function tryParse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
