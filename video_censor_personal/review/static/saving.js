/** Decisions on their way to the disk: one after the other, none lost, and none said to be saved that is not. */

import { ask, filmPath, Refused } from "./api.js";

/** @typedef {Record<string, any>} Change one of the server's */
/** @typedef {{film: string, changes: Change[], why: string, undoes: "edit" | "undo" | "redo"}} Job changes that are saved together */
/**
 * @typedef {object} Conflict decisions about the same findings, and what somebody else decided about these
 * @property {string} film
 * @property {Job[]} jobs in the order in which they were made
 * @property {Map<string, any>} stored the findings as they are on the disk; null for one that is gone
 */

/** What makes no sense is refused for good; all else may work later. */
const FOR_GOOD = new Set([400, 415, 422]);

export class Saving {
  /** @type {Job[]} each builds on what the one before made of the file */ #waiting = [];
  /** @type {Conflict[]} */ conflicts = [];
  /** @type {Refused | null} why nothing can be saved now */ blocked = null;
  #isAgain = false;
  isBusy = false;
  isTyping = false;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
  }

  /** All that is not on the disk. */
  get jobs() {
    return [...this.#waiting, ...this.conflicts.flatMap((each) => each.jobs)];
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

  /** Try again, and say nothing of it unless it works. */
  retry() {
    if (!this.blocked || this.isBusy) return;
    this.#isAgain = true;
    this.#work();
  }

  /** Give up all that is not saved. */
  async discard() {
    [this.#waiting, this.conflicts, this.blocked] = [[], [], null];
    this.store.tell("saving");
    await this.#showStored();
  }

  /** Show what is on the disk: as it was known to be, then as it is, if the program answers. */
  async #showStored() {
    this.store.showWanted();
    try {
      await this.store.reload();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    } finally {
      this.store.tell("yielded");
    }
  }

  /** What is on its way for a film knows newer versions. @param {string} film @param {(id: string, version: string) => string | undefined} newer */
  renew(film, newer) {
    for (const job of this.jobs) if (job.film === film) job.changes = job.changes.map((each) => renewed(each, newer));
  }

  /**
   * Findings of a film are another way on the disk by now; so says the question which decision counts.
   * @param {string} film
   * @param {(id: string) => any} now a finding; null where it is gone, undefined where there is no news of it
   */
  learn(film, now) {
    for (const { stored } of this.conflicts.filter((each) => each.film === film)) {
      for (const [id, before] of stored) stored.set(id, now(id) ?? (now(id) === null ? null : before));
    }
    if (this.conflicts.length) this.store.tell("learned");
  }

  /** Save what somebody else's decision stood in the way of. @param {Conflict} conflict */
  insist(conflict) {
    this.#settle(conflict);
    const { film, jobs, stored } = conflict;
    this.#waiting.unshift(...jobs);
    this.renew(film, (id) => stored.get(id)?.version);
    this.store.know(film, stored);
    this.#work();
  }

  /** Let somebody else's decision stand. @param {Conflict} conflict */
  yieldTo(conflict) {
    this.#settle(conflict);
    this.store.know(conflict.film, conflict.stored);
    this.store.tell("yielded");
    this.store.tell("saving");
  }

  /** @param {Conflict} conflict */
  #settle(conflict) {
    this.conflicts = this.conflicts.filter((each) => each !== conflict);
  }

  /** Ask about all decisions on the same findings at once. @param {Job} job @param {Refused} refused */
  #ask(job, { segments, gone }) {
    const stored = new Map([...segments.map((each) => /** @type {const} */ ([each.id, each])), ...gone.map((id) => /** @type {const} */ ([id, null]))]);
    const same = this.conflicts.find((each) => each.film === job.film && [...stored.keys()].some((id) => each.stored.has(id)));
    if (!same) this.conflicts.push({ film: job.film, jobs: [job], stored });
    else {
      same.jobs.push(job);
      for (const [id, segment] of stored) same.stored.set(id, segment);
    }
    this.store.tell("conflict");
  }

  async #work() {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.#waiting.length && (!this.blocked || this.#isAgain)) {
      this.#isAgain = false;
      if (!this.blocked) this.store.tell("saving");
      const job = this.#waiting[0];
      const { results } = this.store.films.find((each) => each.id === job.film) ?? {};
      try {
        const answer = await ask(filmPath(job.film, "changes"), { method: "POST", body: { changes: job.changes, results } });
        this.blocked = null;
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
      this.blocked = null;
      this.#drop(job);
      this.#ask(job, refused);
    } else if (FOR_GOOD.has(refused.status)) {
      this.blocked = null;
      this.#drop(job);
      this.store.tell("refused", { job, refused });
      await this.#showStored();
    } else {
      this.blocked = refused;
    }
  }
}

/**
 * What a change is about, each with the version that was seen.
 * @param {Change} change
 * @returns {{id: string, version: string}[]}
 */
export function targets(change) {
  if (change.kind === "restore") return change.replaces;
  if (change.kind === "merge") return change.segments;
  return change.version === undefined ? [] : [/** @type {any} */ (change)];
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
