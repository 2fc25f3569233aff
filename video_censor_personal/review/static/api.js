/** What the server is asked. A refusal is thrown as `Refused`, with its words. */

export class Refused extends Error {
  /**
   * @param {number} status of HTTP; 0 where the server was not reached
   * @param {{error?: {what: string, why: string, fix: string, kind: string}, segments?: any[], gone?: string[]}} body
   */
  constructor(status, body) {
    const error = body.error ?? { kind: "unknown", what: "The program did not answer as it should", why: `its answer was no more than the number ${status}`, fix: "Load the page again" };
    super(`${error.what}: ${error.why}. ${error.fix}.`);
    this.status = status;
    this.error = error;
    this.segments = body.segments ?? [];
    this.gone = body.gone ?? [];
  }
}

const GONE = {
  error: {
    kind: "gone",
    what: "The program does not answer",
    why: "it was ended, or this machine was asleep",
    fix: "If it does not come back, start it again as you did before, and open the address that it tells: this page keeps all that you decided, and goes on by itself",
  },
};
const OTHER = {
  error: {
    kind: "gone",
    what: "Another film is shown at this address now",
    why: "the program was started again for other films",
    fix: "Start it again for this film, and open the address that it tells: this page keeps all that you decided, and goes on by itself",
  },
};
/** Characters of a request that the browser carries to its end even if the page is closed meanwhile. */
const CARRIED = 15000;

/**
 * @param {string} path
 * @param {{method?: string, body?: unknown}} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, { method = "GET", body } = {}) {
  const text = method === "GET" ? undefined : JSON.stringify(body ?? {});
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: method === "GET" ? {} : { "Content-Type": "application/json" },
      body: text,
      keepalive: text !== undefined && text.length < CARRIED,
      cache: "no-store",
    });
  } catch {
    throw new Refused(0, GONE);
  }
  const value = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, value ?? {});
  if (value === null) throw new Refused(0, GONE); // it was cut short
  return value;
}

/** @returns {Refused} that the page is not about the film that is there now */
export const otherFilm = () => new Refused(0, OTHER);

/** @param {string} film @param {string} [what] */
export const filmPath = (film, what = "") => `/api/films/${encodeURIComponent(film)}${what && `/${what}`}`;

/**
 * How loud the film is, one byte a step; null where there is no sound.
 * @param {string} film
 * @param {AbortSignal} signal
 * @returns {Promise<{levels: Uint8Array, perSecond: number} | null>}
 */
export async function waveform(film, signal) {
  for (;;) {
    const answer = await fetch(filmPath(film, "waveform"), { signal });
    if (answer.status === 200) {
      const perSecond = Number(answer.headers.get("X-Per-Second")) || 10;
      return { levels: new Uint8Array(await answer.arrayBuffer()), perSecond };
    }
    if (answer.status !== 202) return null;
    await new Promise((done) => setTimeout(done, 1000));
  }
}
