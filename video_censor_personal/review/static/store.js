/** The film that is looked through: its findings, and what was decided about them. */

import { ask, filmPath, otherFilm } from "./api.js";
import { renewed, Saving, targets } from "./saving.js";
import { byTime, comesBefore, passes } from "./segments.js";

/** @typedef {import("./segments.js").Segment} Segment */
/** @typedef {import("./saving.js").Change} Change */
/** @typedef {import("./saving.js").Job} Job */

/**
 * Events: `film` (another one is shown), `findings` (some changed, or others are listed), `chosen` (another one),
 * `place` (what is known of the film itself), `state` (of the copy, and the counts); `saving` (something is on its
 * way, or not any more), `saved`, `yielded` (what was decided here is given up), `conflict`, `learned` (how what
 * stands against it is by now), `refused` (detail: the job and the refusal).
 */
export class Store extends EventTarget {
  /** @type {any} */ film = null;
  /** @type {any[]} */ films = [];
  /** @type {any} */ choices = { sound: [], picture: [], categories: [] };
  /** @type {any} */ details = {};
  /** @type {string[]} all that there are, and all that were found */ categories = [];
  /** @type {Map<string, Segment>} as they are on the disk, and what is wanted of them */ segments = new Map();
  /** @type {Segment[]} those that the filter lets through, by time */ shown = [];
  /** @type {string | null} */ chosenId = null;
  filter = { state: "", category: "", text: "" };
  showWords = false;
  saving = new Saving(this);
  /** @type {Change[][]} */ #undo = [];
  /** @type {Change[][]} */ #redo = [];
  /** @type {Map<string, Segment>} as they are on the disk */ #stored = new Map();
  #revision = "";
  #turn = 0;
  #saves = 0;

  /** @param {string} name @param {any} [detail] */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  get chosen() {
    return this.chosenId === null ? null : (this.segments.get(this.chosenId) ?? null);
  }
  get canUndo() {
    return this.#last("undo") !== undefined || this.#undo.length > 0;
  }
  get canRedo() {
    // After a decision there is nothing to redo, also while that decision is on its way.
    return this.saving.lastOf(this.film?.id, () => true)?.undoes !== "edit" && (this.#last("redo") !== undefined || this.#redo.length > 0);
  }

  async loadFilms() {
    ({ films: this.films } = await ask("/api/films"));
  }

  /** @param {string} id */
  async open(id) {
    const isOther = this.film?.id !== id;
    const turn = (this.#turn += 1);
    const details = await this.#read(id);
    if (turn !== this.#turn) return; // meanwhile somebody asked for another one
    if (isOther) {
      [this.chosenId, this.#undo, this.#redo] = [null, [], []];
      this.filter = { state: "", category: "", text: "" };
    }
    this.#take(details);
    this.tell("film");
  }

  /** Read anew what is there; where that fails, the next look at how things stand does so. */
  async reload() {
    const id = this.film?.id;
    this.#revision = "";
    const details = id && (await this.#read(id));
    if (details && this.film.id === id) this.#take(details);
  }

  /**
   * All about a film.
   * @param {string} id
   * @returns {Promise<any>}
   */
  async #read(id) {
    for (;;) {
      const saves = this.#saves;
      const details = await ask(filmPath(id));
      if (saves === this.#saves) return details; // else it may be from before what was saved
    }
  }

  /** @param {any} details */
  #take(details) {
    // What cannot be read now was not found to be nothing: what was shown before stays.
    const isUnread = !details.revision && details.film.id === this.film?.id && this.#stored.size > 0;
    if (isUnread) details = { ...this.details, revision: "", film: { ...details.film, counts: this.film.counts } };
    else this.#stored = shelved(details);
    this.details = details;
    this.film = details.film;
    this.choices = details.choices ?? this.choices;
    this.#revision = details.revision;
    this.categories = [...new Set([...this.choices.categories, ...[...this.#stored.values()].map((each) => each.category)])];
    this.saving.learn(this.film.id, (id) => this.#stored.get(id) ?? null);
    this.showWanted();
  }

  /** Show all findings as they are on the disk, but for what is not saved yet. */
  showWanted() {
    this.segments = new Map(this.#stored);
    for (const job of this.saving.jobs) if (!this.saving.takerOf(job)) this.#show(job);
    this.arrange();
  }

  /** Which of the looks for categories one has. @param {string} category */
  categoryNumber(category) {
    return Math.min(Math.max(0, this.categories.indexOf(category)), 5);
  }

  /** Work out again which findings are listed. */
  arrange() {
    this.shown = byTime([...this.segments.values()].filter((each) => passes(each, this.filter)));
    this.tell("findings");
  }

  /** @param {string | null} id */
  choose(id) {
    if (id === this.chosenId) return;
    this.chosenId = id;
    this.tell("chosen");
  }

  /** Choose the next finding of the list, or one before. @param {number} step */
  step(step) {
    const { chosen, shown } = this;
    let at = shown.findIndex((each) => each.id === this.chosenId);
    if (at < 0 && chosen) {
      // The filter does not let it through any more: go on from where it was.
      at = shown.filter((each) => comesBefore(each, chosen)).length;
      if (step > 0) at -= 1;
    }
    const to = shown[Math.min(Math.max(at + step, 0), shown.length - 1)];
    if (to) this.choose(to.id);
  }

  /** Decide about a finding: shown at once, saved as soon as may be. @param {Segment} segment @param {Record<string, any>} fields */
  decide(segment, fields) {
    this.change([{ kind: "set", id: segment.id, version: segment.version, ...fields }], segment.title);
  }

  /** @param {Change[]} changes @param {string} why what is said of it, if it cannot be saved */
  change(changes, why) {
    this.#begin({ film: this.film.id, changes, why, undoes: "edit" });
  }

  undo() {
    if (this.canUndo) this.#takeBack("undo");
  }

  redo() {
    if (this.canRedo) this.#takeBack("redo");
  }

  /** What is on its way, and would be taken back first. @param {"undo" | "redo"} undoes */
  #last(undoes) {
    return this.saving.lastOf(this.film?.id, (job) => (job.undoes === "undo") === (undoes === "redo"));
  }

  /** @param {"undo" | "redo"} undoes */
  #takeBack(undoes) {
    const last = this.#last(undoes);
    if (last && this.saving.withdraw(last)) return this.withdrawn(last);
    // What takes back a decision that is being sent is known when that is answered.
    const changes = last ? [] : /** @type {Change[]} */ (this.#stack(undoes).pop());
    this.#begin({ film: this.film.id, changes, why: undoes === "undo" ? "Undo" : "Redo", undoes, takesBack: last });
  }

  /** What was taken back before it was saved can be done again. @param {Job} job */
  withdrawn(job) {
    if (job.undoes !== "edit") this.gaveUp([job]);
    else if (job.film === this.film.id) this.#redo = [job.changes];
    this.showWanted();
  }

  /** @param {"undo" | "redo"} undoes */
  #stack(undoes) {
    return undoes === "undo" ? this.#undo : this.#redo;
  }

  /** What was undone or redone here, and is not to be saved any more, can be so again. @param {Job[]} jobs in the order in which they were made */
  gaveUp(jobs) {
    for (const { film, undoes, changes } of [...jobs].reverse()) if (film === this.film?.id && undoes !== "edit" && changes.length) this.#stack(undoes).push(changes);
  }

  /** @param {Job} job */
  #begin(job) {
    this.saving.add(job);
    this.showWanted();
  }

  /** Show what is wanted before it is saved. @param {Job} job */
  #show(job) {
    if (job.film !== this.film?.id) return;
    for (const change of job.changes) {
      const segment = change.kind === "set" ? this.segments.get(change.id) : undefined;
      if (!segment) continue;
      const { kind: _kind, id: _id, version: _version, start, end, ...fields } = change;
      const shown = { ...segment, reviewed: true, ...fields };
      if (start !== undefined) shown.start_time_seconds = start;
      if (end !== undefined) shown.end_time_seconds = end;
      this.segments.set(segment.id, shown);
    }
  }

  /** What was saved is what counts. @param {Job} job @param {any} answer */
  saved(job, answer) {
    this.#saves += 1;
    // What waits was decided on this very page, knowing of this change.
    const before = new Map(job.changes.flatMap(targets).map((each) => [each.id, each.version]));
    const after = new Map(answer.segments.map((/** @type {Segment} */ each) => [each.id, each]));
    const now = (/** @type {string} */ id, /** @type {string} */ version) => (before.get(id) === version ? after.get(id)?.version : undefined);
    this.saving.renew(job.film, now);
    this.saving.learn(job.film, (id) => after.get(id) ?? (answer.removed.includes(id) ? null : undefined));
    const taker = this.saving.takerOf(job);
    if (taker) taker.changes = answer.inverse;
    if (job.film !== this.film?.id) return;
    // Somebody else may have saved something just before: then the next look reads that, too.
    if (answer.previous === this.#revision) this.#revision = answer.revision;
    const { chosen } = this;
    for (const id of answer.removed) this.#stored.delete(id);
    this.#put(answer.segments);
    for (const stack of [this.#undo, this.#redo]) stack.forEach((changes, at) => (stack[at] = changes.map((each) => renewed(each, now))));
    if (!taker) this.#stack(job.undoes === "undo" ? "redo" : "undo").push(answer.inverse);
    if (job.undoes === "edit") this.#redo = [];
    this.film.counts = answer.counts ?? this.film.counts;
    const isNew = job.changes[0]?.kind !== "set" && answer.segments.length > 0;
    this.showWanted();
    if (isNew && !answer.segments.some((/** @type {any} */ each) => each.id === this.chosenId)) this.choose(answer.segments[0].id);
    else if (chosen && answer.removed.includes(chosen.id)) this.choose((this.shown.find((each) => comesBefore(chosen, each)) ?? this.shown.at(-1))?.id ?? null);
    this.tell("saved");
    this.tell("state");
  }

  /** Show findings of a film as they are on the disk, and what is wanted of them. @param {string} film @param {Map<string, any>} stored null for one that is gone */
  know(film, stored) {
    if (film !== this.film?.id) return;
    for (const [id, segment] of stored) if (!segment) this.#stored.delete(id);
    this.#put([...stored.values()].filter(Boolean));
    this.showWanted();
  }

  /** @param {any[]} segments as the server has them */
  #put(segments) {
    for (const segment of segments) {
      const isRetired = this.#stored.get(segment.id)?.shelf === "retired";
      const isWeak = segment.certainty === "weak" && !segment.reviewed;
      this.#stored.set(segment.id, { ...segment, shelf: isRetired ? "retired" : isWeak ? "weak" : "" });
      if (!this.categories.includes(segment.category)) this.categories.push(segment.category);
    }
  }

  /**
   * Ask how things stand: the copy, and whether somebody else decided anything.
   * @param {boolean} [ofAll] of all films, and not of the one alone that is shown: a thousand take a while
   */
  async poll(ofAll = false) {
    const about = () => JSON.stringify([this.film?.problem, Boolean(this.film?.media)]);
    const before = about();
    const whole = ofAll || !this.film;
    const { films } = await ask(whole ? "/api/state" : `/api/state?film=${encodeURIComponent(this.film.id)}`);
    const told = this.films.filter((each) => whole || films[each.id]);
    if (told.some((each) => films[each.id]?.results !== each.results)) throw otherFilm();
    const now = this.film && films[this.film.id];
    for (const film of told) Object.assign(film, known(films[film.id]));
    if (!now) return;
    const { revision, ...rest } = known(now);
    Object.assign(this.film, rest);
    const isNews = about() !== before;
    if ((isNews || revision !== this.#revision) && !this.saving.isBusy) await this.reload();
    if (isNews) this.tell("place");
    this.tell("state");
  }
}

/** How a film stands, as far as that can be told: what cannot be counted now leaves the numbers as they were. @param {any} state */
const known = ({ counts, ...state }) => (counts ? { ...state, counts } : state);

/** All findings of a film, each with where it is kept. @param {any} details @returns {Map<string, Segment>} */
function shelved(details) {
  const shelves = /** @type {const} */ ([["segments", ""], ["weak", "weak"], ["retired", "retired"]]);
  return new Map(shelves.flatMap(([name, shelf]) => (details[name] ?? []).map((/** @type {Segment} */ each) => [each.id, { ...each, shelf }])));
}
