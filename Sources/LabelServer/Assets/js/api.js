// JSON over fetch. A Problem shows callers whether the same request may succeed later.
export class Problem extends Error {
  constructor({ message, code, field, status, offline = false }) {
    super(message);
    Object.assign(this, { code, field, status, offline });
  }

  // The session has ended. The same request succeeds after signing in again.
  get signedOut() {
    return this.status === 401;
  }

  // The server failed, for example because it restarts. Waiting does not clear 507 (the storage is
  // full).
  get trouble() {
    return this.status >= 500 && this.status !== 507;
  }

  // Whether the same request may succeed later.
  get passes() {
    return this.offline || this.signedOut || this.trouble;
  }
}

export async function send(method, url, body, { keepalive = false } = {}) {
  let response, text;
  try {
    response = await fetch(url, {
      method,
      keepalive,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
    text = await response.text();
  } catch (cause) {
    throw new Problem({ message: String(cause), offline: true });
  }
  const answer = text ? tryParse(text) : null;
  if (response.ok) return { status: response.status, answer };
  const error = answer?.error ?? {};
  throw new Problem({
    ...error,
    message: error.message ?? response.statusText,
    status: response.status,
    // A proxy answers these when it cannot reach the server.
    offline: [502, 503, 504].includes(response.status),
  });
}

function tryParse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
