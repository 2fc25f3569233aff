/**
 * Plays the film: as it is, where the browser can; else, and as the copy will be, in short pieces that the
 * server makes. Its time is always that of the film.
 */

import { filmPath } from "./api.js";
import { byId, element, plain } from "./elements.js";

const ALL_CUT = 410;
/** The answer where all of a piece is cut out. */
const PIECE = 10;
/** Seconds of a piece. */

export class Player extends EventTarget {
  #screen = byId("screen");
  #tracks = byId("track");
  #video = this.#made();
  #next = this.#made();
  #base = 0;
  #end = Infinity;
  #wanted = 0;
  #until = Infinity;
  #plays = false;
  #asCopy = false;
  #isDirect = false;
  #revision = 0;
  #nextUrl = "";
  #frame = 0;
  /** @type {[number, number][]} what is cut out of the copy */ #cuts = [];

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    this.#tracks.addEventListener("change", () => this.#start(this.time));
  }

  get #film() {
    return this.store.film;
  }

  /** @returns {any} */
  #made() {
    const video = element("video", { playsInline: true, preload: "auto", tabIndex: -1, "aria-label": "The film" });
    const isShown = () => video === this.#video;
    video.addEventListener("timeupdate", () => isShown() && this.#tell());
    video.addEventListener("seeked", () => isShown() && this.#tell());
    video.addEventListener("ended", () => isShown() && this.#ended());
    video.addEventListener("error", () => isShown() && video.getAttribute("src") && this.#broke());
    video.addEventListener("loadeddata", () => isShown() && this.#loaded());
    video.addEventListener("waiting", () => isShown() && this.#note("Loading…"));
    video.addEventListener("playing", () => isShown() && this.#note(""));
    return video;
  }

  /** Show the film that is looked through now, from its beginning. */
  show() {
    this.pause();
    this.#isDirect = Boolean(this.#film.media?.direct);
    this.#asCopy = false;
    const tracks = this.#film.media?.audio ?? [];
    this.#tracks.replaceChildren(...tracks.map((/** @type {any} */ each, /** @type {number} */ at) => element("option", { value: at ? each.stream : "" }, each.title || each.language || `${at + 1}`)));
    byId("track-label").hidden = tracks.length < 2;
    const why = this.#film.media?.why ?? "";
    byId("pieces").textContent = why && plain(`${why[0].toUpperCase()}${why.slice(1)}.`);
    byId("pieces").hidden = !why;
    this.#start(0);
  }

  get duration() {
    const { duration } = this.#video;
    return this.#film?.duration ?? (Number.isFinite(duration) && !this.#isInPieces ? duration : 0);
  }
  get isPlaying() {
    return this.#plays;
  }
  get asCopy() {
    return this.#asCopy;
  }
  get muted() {
    return this.#video.muted;
  }
  set muted(value) {
    this.#video.muted = this.#next.muted = value;
  }
  get #isInPieces() {
    return this.#asCopy || !this.#isDirect || this.#tracks.value !== "";
  }

  /** Seconds in the film. */
  get time() {
    if (!this.#video.getAttribute("src") || this.#video.readyState === 0) return this.#wanted;
    return this.#isInPieces ? this.#inFilm(this.#video.currentTime) : this.#video.currentTime;
  }

  /** @param {number} time in the piece that is shown */
  #inFilm(time) {
    let at = this.#base + time;
    if (this.#asCopy) for (const [start, end] of this.#cuts) if (end > this.#base && start <= at) at += end - Math.max(start, this.#base);
    return Math.min(at, this.#end);
  }

  /** @param {number} time */
  seek(time) {
    this.#until = Infinity;
    this.#go(Math.min(Math.max(0, time), Math.max(0, this.duration - 0.05)));
  }

  /** @param {number} to */
  #go(to) {
    this.#wanted = to;
    const isThere = this.#video.readyState > 0;
    const isWithin = to >= this.#base && to < this.#end - 0.2 && !(this.#asCopy && this.#cuts.length);
    if (isThere && !this.#isInPieces) this.#video.currentTime = to;
    else if (isThere && isWithin) this.#video.currentTime = to - this.#base;
    else this.#start(to);
    this.#tell();
  }

  play() {
    if (!this.#film?.media) return;
    if (this.time >= this.duration - 0.1) this.seek(0);
    this.#plays = true;
    this.#resume();
    this.#follow();
  }

  /** Tell of the time as often as the screen is drawn: a browser itself does so but four times a second. */
  #follow() {
    this.#tell();
    if (this.time >= this.#until) {
      this.#until = Infinity;
      this.pause();
    }
    cancelAnimationFrame(this.#frame);
    if (this.#plays) this.#frame = requestAnimationFrame(() => this.#follow());
  }

  pause() {
    this.#plays = false;
    this.#video.pause();
    this.#tell();
  }

  toggle() {
    if (this.#plays) return this.pause();
    this.#until = Infinity;
    this.play();
  }

  /** @param {number} start @param {number} end */
  playRange(start, end) {
    this.#go(Math.max(0, start));
    this.#until = Math.min(end, this.duration - 0.05);
    if (!this.#plays) this.play();
  }

  /** Show the film as the copy will be, or as it is. @param {boolean} value */
  setAsCopy(value) {
    if (value === this.#asCopy) return;
    const at = this.time;
    this.#asCopy = value;
    this.#until = Infinity;
    this.#start(at);
    this.#tell();
  }

  /** What is done was decided otherwise: a piece of the copy is another one now. */
  decided() {
    this.#revision += 1;
    if (!this.#asCopy) return;
    this.#nextUrl = "";
    this.#start(this.time);
  }

  /** @param {number} at */
  #start(at) {
    if (!this.#film) return;
    this.#screen.querySelector("video")?.remove();
    this.#screen.prepend(this.#video);
    this.#wanted = at;
    if (!this.#film.path || !this.#film.media) {
      this.#video.removeAttribute("src");
      this.#video.load();
      this.#note(this.#film.path && !this.#film.problem ? "The film is being opened…" : "The film is not there.");
      return;
    }
    if (this.#isInPieces) {
      this.#base = at;
      this.#end = Math.min(at + PIECE, this.duration || Infinity);
      this.#cuts = this.#asCopy ? this.#cutOut() : [];
      this.#video.src = this.#piece(at);
      this.#note("Loading…");
    } else {
      [this.#base, this.#end, this.#cuts] = [0, Infinity, []];
      const url = filmPath(this.#film.id, "media");
      if (this.#video.getAttribute("src") !== url) this.#video.src = url;
      this.#video.currentTime = at;
    }
    this.#resume();
  }

  /** @returns {[number, number][]} */
  #cutOut() {
    const spans = [...this.store.segments.values()].filter((each) => !each.allow && each.effect?.picture === "cut").map((each) => each.effect?.picture_span);
    const joined = /** @type {[number, number][]} */ ([]);
    for (const span of spans.filter((each) => each != null).sort((one, other) => one[0] - other[0])) {
      const last = joined[joined.length - 1];
      if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
      else joined.push([span[0], span[1]]);
    }
    return joined;
  }

  /** @param {number} start */
  #piece(start) {
    const query = new URLSearchParams({ start: start.toFixed(3), seconds: String(PIECE), edits: this.#asCopy ? "1" : "0" });
    if (this.#asCopy) query.set("v", String(this.#revision));
    if (this.#tracks.value) query.set("audio", this.#tracks.value);
    return `${filmPath(this.#film.id, "clip")}?${query}`;
  }

  #resume() {
    if (!this.#plays) return;
    this.#video.play().catch((/** @type {DOMException} */ error) => {
      if (error.name === "NotAllowedError") this.pause(); // the browser wants a click first
    });
  }

  #loaded() {
    this.#note("");
    // Such as H.265: neither an error nor a picture.
    if (!this.#isInPieces && this.#film.media?.video && this.#video.videoWidth === 0) return this.#broke();
    if (this.#isInPieces && this.#plays) this.#fetchNext();
    this.#resume();
    this.#tell();
  }

  #fetchNext() {
    if (this.#end >= this.duration - 0.05) return;
    const url = this.#piece(this.#end);
    if (url === this.#nextUrl) return;
    this.#nextUrl = this.#next.src = url;
  }

  #ended() {
    if (!this.#isInPieces || this.#end >= this.duration - 0.05) return this.pause();
    const [url, start] = [this.#piece(this.#end), this.#end];
    // Where all of the next piece is cut out, there is an error in its place: started anew, it is told of.
    if (this.#nextUrl !== url || this.#next.error) return this.#start(start);
    [this.#video, this.#next] = [this.#next, this.#video];
    this.#base = this.#wanted = start;
    this.#end = Math.min(start + PIECE, this.duration);
    this.#next.replaceWith(this.#video);
    this.#nextUrl = "";
    this.#resume();
    if (this.#video.readyState >= 2) this.#fetchNext();
  }

  async #broke() {
    if (!this.#isInPieces) {
      const at = this.time; // in mid-play, where it was
      this.#isDirect = false;
      return this.#start(at);
    }
    const url = this.#video.src;
    const answer = await fetch(url).catch(() => null);
    const error = answer && !answer.ok ? await answer.json().then((body) => body.error).catch(() => null) : null;
    if (url !== this.#video.src) return;
    if (answer?.status === ALL_CUT && this.#plays && this.#end < this.duration - 0.05) return this.#start(this.#end);
    this.pause();
    this.#note(error ? `${error.what}: ${error.why}. ${error.fix}.` : "This part of the film cannot be shown.");
  }

  #tell() {
    this.dispatchEvent(new Event("time"));
  }

  /** @param {string} text */
  #note(text) {
    const note = byId("screen-note");
    note.textContent = plain(text);
    note.hidden = !text;
  }
}
