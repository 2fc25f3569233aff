/** The film that is looked through: its findings, what was decided about them, and what is not saved yet. */

import { ask, filmPath, Refused } from "./api.js";
import { byTime, passes } from "./segments.js";

/** @typedef {import("./segments.js").Segment} Segment */
/** @typedef {Record<string, any>} Change one of the server's */
/** @typedef {{changes: Change[], why: string, undoes: "edit" | "undo" | "redo", error?: Refused}} Job changes on their way */

/**
 * Events: `film` (another one, or all of it is new), `findings` (some changed), `chosen`, `saving`, `state` (of the copy,
 * and the counts), `conflict` (detail: the job and the error).
 */
export class Store extends EventTarget {
  /** @type {any} */ film = null;
  /** @type {any[]} */ films = [];
  /** @type {any} */ choices = { sound: [], picture: [], categories: [] };
  /** @type {any} */ details = {};
  /** @type {Map<string, Segment>} */ segments = new Map();
  /** @type {Segment[]} those that the filter lets through, by time */ shown = [];
  /** @type {string | null} */ chosenId = null;
  filter = { state: "", category: "", text: "" };
  showWords = false;
  /** @type {Job[]} */ #waiting = [];
  /** @type {Job[]} not saved, and why */ failed = [];
  /** @type {Change[][]} */ #undo = [];
  /** @type {Change[][]} */ #redo = [];
  #revision = "";
  #busy = false;

  /** @param {string} name @param {any} [detail] */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  get chosen() {
    return this.chosenId === null ? null : (this.segments.get(this.chosenId) ?? null);
  }
  get isSaving() {
    return this.#busy || this.#waiting.length > 0;
  }
  get canUndo() {
    return this.#undo.length > 0;
  }
  get canRedo() {
    return this.#redo.length > 0;
  }

  async loadFilms() {
    ({ films: this.films } = await ask("/api/films"));
  }

  /** @param {string} id */
  async open(id) {
    if (this.film?.id !== id) {
      [this.chosenId, this.#undo, this.#redo] = [null, [], []];
      this.filter = { state: "", category: "", text: "" };
    }
    await this.#load(id);
    this.#tell("film");
  }

  /** @param {string} id */
  async #load(id) {
    const details = await ask(filmPath(id));
    this.details = details;
    this.film = details.film;
    this.choices = details.choices ?? this.choices;
    this.#revision = details.revision;
    this.segments = new Map();
    const shelves = /** @type {const} */ ([["segments", ""], ["weak", "weak"], ["retired", "retired"]]);
    for (const [name, shelf] of shelves) {
      for (const segment of details[name] ?? []) this.segments.set(segment.id, { ...segment, shelf });
    }
    for (const job of [...this.#waiting, ...this.failed]) this.#show(job.changes);
    this.arrange();
  }

  /** Which of the looks for categories one has. @param {string} category */
  categoryNumber(category) {
    return Math.max(0, this.choices.categories.indexOf(category)) % 6;
  }

  /** Work out again which findings are listed. */
  arrange() {
    this.shown = byTime([...this.segments.values()].filter((each) => passes(each, this.filter)));
    if (this.chosenId !== null && !this.segments.has(this.chosenId)) this.chosenId = null;
    this.#tell("findings");
  }

  /** @param {string | null} id */
  choose(id) {
    if (id === this.chosenId) return;
    this.chosenId = id;
    this.#tell("chosen");
  }

  /** Choose the next finding of the list, or the one before. @param {number} step */
  step(step) {
    const at = this.shown.findIndex((each) => each.id === this.chosenId);
    const to = at < 0 ? (step > 0 ? 0 : this.shown.length - 1) : Math.min(Math.max(at + step, 0), this.shown.length - 1);
    if (this.shown[to]) this.choose(this.shown[to].id);
  }

  /** Decide about a finding: shown at once, saved as soon as may be. @param {Segment} segment @param {Record<string, any>} fields */
  decide(segment, fields) {
    this.change([{ kind: "set", id: segment.id, version: segment.version, ...fields }], segment.title);
  }

  /** @param {Change[]} changes @param {string} why what is said of it, if it cannot be saved */
  change(changes, why) {
    this.#enqueue({ changes, why, undoes: "edit" });
  }

  undo() {
    const changes = this.#undo.pop();
    if (changes) this.#enqueue({ changes, why: "Undo", undoes: "undo" });
  }

  redo() {
    const changes = this.#redo.pop();
    if (changes) this.#enqueue({ changes, why: "Redo", undoes: "redo" });
  }

  /** @param {Job} job */
  retry(job) {
    this.failed = this.failed.filter((each) => each !== job);
    this.#enqueue({ ...job, error: undefined });
  }

  /** Give up what could not be saved. @param {Job} job */
  async discard(job) {
    this.failed = this.failed.filter((each) => each !== job);
    await this.open(this.film.id);
    this.#tell("saving");
  }

  /** Save what somebody else's decision stood in the way of. @param {Job} job @param {Refused} refused */
  insist(job, refused) {
    for (const segment of refused.segments) this.#take(segment);
    const now = new Map(refused.segments.map((each) => [each.id, each.version]));
    this.retry({ ...job, changes: job.changes.map((each) => renewed(each, (id) => now.get(id))) });
  }

  /** @param {Job} job @param {Refused} refused */
  yieldTo(job, refused) {
    this.failed = this.failed.filter((each) => each !== job);
    for (const segment of refused.segments) this.#take(segment);
    for (const id of refused.gone) this.segments.delete(id);
    this.arrange();
    this.#tell("saving");
  }

  /** @param {Job} job */
  #enqueue(job) {
    this.#show(job.changes);
    this.#waiting.push(job);
    this.arrange();
    this.#tell("saving");
    this.#work();
  }

  /** Show what is wanted before it is saved. @param {Change[]} changes */
  #show(changes) {
    for (const change of changes) {
      const segment = change.kind === "set" ? this.segments.get(change.id) : undefined;
      if (!segment) continue;
      const { kind: _kind, id: _id, version: _version, start, end, ...fields } = change;
      const shown = { ...segment, reviewed: true, ...fields };
      if (start !== undefined) shown.start_time_seconds = start;
      if (end !== undefined) shown.end_time_seconds = end;
      this.segments.set(segment.id, shown);
    }
  }

  /** One job at a time: each builds on what the one before made of the file. */
  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    const film = this.film.id;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      try {
        this.#saved(job, await ask(filmPath(film, "changes"), { method: "POST", body: { changes: job.changes } }));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        job.error = error;
        this.failed.push(job);
        if (error.status === 409) this.#tell("conflict", { job, refused: error });
      }
      this.#tell("saving");
    }
    this.#busy = false;
    this.#tell("saving");
  }

  /** @param {Job} job @param {any} answer */
  #saved(job, answer) {
    this.#revision = answer.revision;
    const before = new Map([...this.segments.values()].map((each) => [each.id, each.version]));
    for (const id of answer.removed) this.segments.delete(id);
    for (const segment of answer.segments) this.#take(segment);
    // What waits was decided on this very page, knowing of this change.
    for (const waiting of this.#waiting) waiting.changes = waiting.changes.map((each) => this.#followed(each, before));
    for (const stack of [this.#undo, this.#redo]) {
      stack.forEach((changes, at) => (stack[at] = changes.map((each) => this.#followed(each, before))));
    }
    (job.undoes === "undo" ? this.#redo : this.#undo).push(answer.inverse);
    if (job.undoes === "edit") this.#redo = [];
    if (this.film && answer.counts) this.film.counts = answer.counts;
    for (const waiting of [...this.#waiting, ...this.failed]) this.#show(waiting.changes);
    if (job.undoes === "edit" && job.changes[0]?.kind !== "set" && answer.segments[0]) this.chosenId = answer.segments[0].id;
    this.arrange();
    this.#tell("chosen");
    this.#tell("state");
  }

  /** @param {Change} change @param {Map<string, string>} before */
  #followed(change, before) {
    return renewed(change, (id, version) => (before.get(id) === version ? this.segments.get(id)?.version : undefined));
  }

  /** @param {any} segment */
  #take(segment) {
    const shelf = segment.shelf ?? this.segments.get(segment.id)?.shelf ?? "";
    const stays = shelf === "weak" && segment.reviewed ? "" : shelf;
    this.segments.set(segment.id, { ...segment, shelf: stays });
  }

  /** Ask how things stand: the copy, and whether somebody else decided anything. */
  async poll() {
    const { films } = await ask("/api/state");
    for (const film of this.films) Object.assign(film, films[film.id] ?? {});
    const now = this.film && films[this.film.id];
    if (!now) return;
    const { revision, ...rest } = now;
    Object.assign(this.film, rest);
    if (revision && revision !== this.#revision && !this.isSaving) {
      await this.#load(this.film.id);
      this.#tell("chosen");
    }
    this.#tell("state");
  }
}

/**
 * A change that knows newer versions of what it is about.
 * @param {Change} change
 * @param {(id: string, version: string) => string | undefined} newer
 * @returns {Change}
 */
function renewed(change, newer) {
  const now = (/** @type {any} */ each) => ({ ...each, version: newer(each.id, each.version) ?? each.version });
  if (change.kind === "restore") return { ...change, replaces: change.replaces.map(now) };
  if (change.kind === "merge") return { ...change, segments: change.segments.map(now) };
  return change.version === undefined ? change : now(change);
}
