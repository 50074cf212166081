// Requests to the panel's server. They never throw, except that an aborted one does.

const token = document.querySelector('meta[name="csrf"]');
const csrf = () => token?.content ?? "";
/** Somebody who has logged in again, in another window, has another token: this page's own address tells it. */
const renewed = async () => {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href, { credentials: "same-origin", redirect: "manual" })).text(), "text/html");
    const fresh = page.querySelector('meta[name="csrf"]')?.content;
    if (!token || !fresh || fresh === token.content) return false;
    token.content = fresh;
    return true;
  } catch { return false; }
};
/** What browsers let a request that outlives its page bring. */
const MAX_KEPT = 60_000;
const TIMEOUT = 15_000;

/** Asks for JSON, or posts it. Answers { kind: "ok" | "conflict" | "ended" | "refused" | "offline", status, …the answer }. */
export const ask = async (address, { body, signal, leaving = false, again = true } = {}) => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const limit = AbortSignal.timeout(TIMEOUT);
  let reply;
  let answer;
  try {
    reply = await fetch(address, {
      method: text === undefined ? "GET" : "POST",
      body: text,
      headers: { Accept: "application/json", ...(text === undefined ? {} : { "Content-Type": "application/json", "X-CSRF": csrf() }) },
      credentials: "same-origin",
      redirect: "manual",
      keepalive: leaving && text !== undefined && new Blob([text]).size < MAX_KEPT,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    // A redirect is the way to the login page.
    if (reply.type === "opaqueredirect" || reply.status === 401) return { kind: "ended", status: 401 };
    answer = await reply.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    // An answer without JSON is a proxy's, whose server is away, or one that broke off.
    return { kind: !reply || reply.ok || reply.status >= 500 ? "offline" : "refused", status: reply?.status ?? 0 };
  }
  if (reply.status === 403 && answer?.key === "error.expired" && again && !leaving && await renewed()) return ask(address, { body, signal, again: false });
  const kind = reply.ok ? "ok" : reply.status === 409 ? "conflict" : reply.status >= 500 || reply.status === 429 ? "offline" : "refused";
  return { ...(answer ?? {}), nothing: answer === null, kind, status: reply.status };
};
