/** Decisions on their way to the disk: one after the other, none lost, and none said to be saved that is not. */

import { ask, filmPath, Refused } from "./api.js";

/** @typedef {Record<string, any>} Change one of the server's */
/** @typedef {{film: string, changes: Change[], why: string, undoes: "edit" | "undo" | "redo"}} Job changes that are saved together */
/** @typedef {{job: Job, refused: Refused}} Conflict a decision, and what somebody else's stands against it */

/** What makes no sense is refused for good; all else may work later. */
const FOR_GOOD = new Set([400, 404, 415, 422]);

export class Saving {
  /** @type {Job[]} each builds on what the one before made of the file */ #waiting = [];
  /** @type {Conflict[]} */ conflicts = [];
  /** @type {Refused | null} why nothing can be saved now */ blocked = null;
  isBusy = false;
  isTyping = false;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
  }

  /** All that is not on the disk. */
  get jobs() {
    return [...this.#waiting, ...this.conflicts.map((each) => each.job)];
  }

  /** Whether there is anything that is not on the disk. */
  get isPending() {
    return this.isTyping || this.jobs.length > 0;
  }

  /** Something is being typed that is saved a moment later. @param {boolean} value */
  setTyping(value) {
    if (value === this.isTyping) return;
    this.isTyping = value;
    this.store.tell("saving");
  }

  /** @param {Job} job */
  add(job) {
    this.#waiting.push(job);
    this.#work();
  }

  retry() {
    this.blocked = null;
    this.#work();
  }

  /** Give up all that is not saved. */
  async discard() {
    [this.#waiting, this.conflicts, this.blocked] = [[], [], null];
    this.store.tell("saving");
    await this.store.reload();
    this.store.tell("yielded");
  }

  /** What is on its way knows newer versions. @param {(id: string, version: string) => string | undefined} newer */
  renew(newer) {
    for (const job of this.jobs) job.changes = job.changes.map((each) => renewed(each, newer));
  }

  /** Save what somebody else's decision stood in the way of. @param {Conflict} conflict */
  insist({ job, refused }) {
    this.#settled(job);
    const now = new Map(refused.segments.map((each) => [each.id, each.version]));
    this.#waiting.unshift(job);
    this.renew((id) => now.get(id));
    this.#work();
  }

  /** Let somebody else's decision stand. @param {Conflict} conflict */
  yieldTo({ job, refused }) {
    this.#settled(job);
    if (job.film === this.store.film?.id) this.store.take(refused.segments, refused.gone);
    this.store.arrange();
    this.store.tell("yielded");
    this.store.tell("saving");
  }

  /** @param {Job} job */
  #settled(job) {
    this.conflicts = this.conflicts.filter((each) => each.job !== job);
  }

  async #work() {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.#waiting.length && !this.blocked) {
      this.store.tell("saving");
      const job = this.#waiting[0];
      try {
        const answer = await ask(filmPath(job.film, "changes"), { method: "POST", body: { changes: job.changes } });
        this.#drop(job);
        this.store.saved(job, answer);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        await this.#failed(job, error);
      }
    }
    this.isBusy = false;
    this.store.tell("saving");
  }

  /** @param {Job} job */
  #drop(job) {
    this.#waiting = this.#waiting.filter((each) => each !== job);
  }

  /** @param {Job} job @param {Refused} refused */
  async #failed(job, refused) {
    if (refused.status === 409) {
      this.#drop(job);
      this.conflicts.push({ job, refused });
      this.store.tell("conflict");
    } else if (FOR_GOOD.has(refused.status)) {
      this.#drop(job);
      this.store.tell("refused", { job, refused });
      await this.store.reload().catch(() => undefined);
      this.store.tell("yielded");
    } else {
      this.blocked = refused;
    }
  }
}

/**
 * A change that knows newer versions of what it is about.
 * @param {Change} change
 * @param {(id: string, version: string) => string | undefined} newer
 * @returns {Change}
 */
export function renewed(change, newer) {
  const now = (/** @type {any} */ each) => ({ ...each, version: newer(each.id, each.version) ?? each.version });
  if (change.kind === "restore") return { ...change, replaces: change.replaces.map(now) };
  if (change.kind === "merge") return { ...change, segments: change.segments.map(now) };
  return change.version === undefined ? change : now(change);
}
