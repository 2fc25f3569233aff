/** Decisions on their way to the disk: one after the other, none lost, and none said to be saved that is not. */

import { ask, filmPath, Refused } from "./api.js";

/** @typedef {Record<string, any>} Change one of the server's */
/**
 * @typedef {object} Job changes that are saved together
 * @property {string} film
 * @property {Change[]} changes
 * @property {string} why what is said of it, if it cannot be saved
 * @property {"edit" | "undo" | "redo"} undoes
 * @property {Job} [takesBack] what was being sent when this was decided: its answer tells the changes
 */
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
  /** @type {Job | null} */ #sent = null;
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

  /** All that is not on the disk, in the order in which it was decided. */
  get #inOrder() {
    return [...this.conflicts.flatMap((each) => each.jobs), ...this.#waiting];
  }

  /** What of a film was decided last, and is not taken back. @param {string | undefined} film @param {(job: Job) => boolean} isMeant */
  lastOf(film, isMeant) {
    return this.#inOrder.findLast((job) => job.film === film && isMeant(job) && !this.takerOf(job));
  }

  /** What takes a job back while it is being sent. @param {Job} job */
  takerOf(job) {
    return this.#waiting.find((each) => each.takesBack === job);
  }

  /** Save something no more, unless it is being sent: returns whether it could be withdrawn. @param {Job} job */
  withdraw(job) {
    if (job === this.#sent) return false;
    this.#drop(job);
    for (const each of this.conflicts) each.jobs = each.jobs.filter((other) => other !== job);
    this.conflicts = this.conflicts.filter((each) => each.jobs.length);
    if (!this.#waiting.length) this.blocked = null;
    this.store.tell("saving");
    return true;
  }

  /** Give up all that is not saved. */
  async discard() {
    this.store.gaveUp(this.#inOrder);
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
    this.store.gaveUp(conflict.jobs);
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
      const job = (this.#sent = this.#waiting[0]);
      const { results } = this.store.films.find((each) => each.id === job.film) ?? {};
      try {
        const answer = await ask(filmPath(job.film, "changes"), { method: "POST", body: { changes: job.changes, results } });
        this.#sent = null;
        this.blocked = null;
        this.#drop(job);
        this.store.saved(job, answer);
      } catch (error) {
        this.#sent = null;
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
    const taker = this.takerOf(job);
    if (refused.status === 409 && !taker) {
      this.blocked = null;
      this.#drop(job);
      this.#ask(job, refused);
    } else if (refused.status === 409 || FOR_GOOD.has(refused.status)) {
      this.blocked = null;
      this.#drop(job);
      if (taker) this.#drop(taker); // it was taken back: there is nothing to ask, or to tell
      else this.store.tell("refused", { job, refused });
      this.store.gaveUp([job]);
      await this.#showStored();
    } else if (taker) {
      this.#drop(taker);
      this.withdraw(job);
      this.store.withdrawn(job);
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
