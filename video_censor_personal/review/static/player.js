/**
 * Plays the film: as it is, where the browser can; else, and as the copy will be, in short pieces that the
 * server makes. Its time is always that of the film.
 */

import { filmPath } from "./api.js";
import { byId, element } from "./elements.js";

const PIECE = 10;
/** Seconds of a piece. */

export class Player extends EventTarget {
  #screen = byId("screen");
  #video = this.#made();
  #next = this.#made();
  #film = /** @type {any} */ (null);
  #base = 0;
  #end = Infinity;
  #wanted = 0;
  #until = Infinity;
  #plays = false;
  #asCopy = false;
  #direct = false;
  #revision = 0;
  #nextUrl = "";
  /** @type {[number, number][]} what is cut out of the copy */ cuts = [];

  /** @returns {any} */
  #made() {
    const video = element("video", { playsInline: true, preload: "auto", tabIndex: -1, "aria-label": "The film" });
    video.addEventListener("timeupdate", () => video === this.#video && this.#tick());
    video.addEventListener("seeked", () => video === this.#video && this.#tell());
    video.addEventListener("ended", () => video === this.#video && this.#pieceEnded());
    video.addEventListener("error", () => video === this.#video && this.#broke());
    video.addEventListener("loadeddata", () => video === this.#video && this.#loaded());
    video.addEventListener("waiting", () => video === this.#video && this.#note("Loading…"));
    video.addEventListener("playing", () => video === this.#video && this.#note(""));
    return video;
  }

  /** @param {any} film */
  show(film) {
    this.pause();
    this.#film = film;
    this.#direct = Boolean(film.media?.direct);
    this.#asCopy = false;
    this.#wanted = 0;
    this.#start(0);
  }

  get duration() {
    return this.#film?.duration ?? (Number.isFinite(this.#video.duration) ? this.#video.duration : 0);
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
  get #inPieces() {
    return this.#asCopy || !this.#direct;
  }

  /** Seconds in the film. */
  get time() {
    if (!this.#video.src || this.#video.readyState === 0) return this.#wanted;
    return this.#inPieces ? this.#inFilm(this.#video.currentTime) : this.#video.currentTime;
  }

  /** @param {number} time in the piece that is shown */
  #inFilm(time) {
    let at = this.#base + time;
    if (this.#asCopy) for (const [start, end] of this.cuts) if (start >= this.#base && start <= at && end > start) at += end - start;
    return Math.min(at, this.#end);
  }

  /** @param {number} time */
  seek(time) {
    const to = Math.min(Math.max(0, time), Math.max(0, this.duration - 0.05));
    this.#until = Infinity;
    this.#go(to);
  }

  /** @param {number} to */
  #go(to) {
    this.#wanted = to;
    const within = to >= this.#base && to < this.#end - 0.2;
    if (!this.#inPieces && this.#video.readyState > 0) this.#video.currentTime = to;
    else if (this.#inPieces && within && this.#video.readyState > 0 && !this.cuts.length) this.#video.currentTime = to - this.#base;
    else this.#start(to);
    this.#tell();
  }

  play() {
    if (!this.#film?.path) return;
    if (this.time >= this.duration - 0.1) this.seek(0);
    this.#plays = true;
    this.#resume();
    this.#tell();
  }

  pause() {
    this.#plays = false;
    this.#video.pause();
    this.#tell();
  }

  toggle() {
    if (this.#plays) this.pause();
    else {
      this.#until = Infinity;
      this.play();
    }
  }

  /** @param {number} start @param {number} end */
  playRange(start, end) {
    this.#go(Math.max(0, start));
    this.#until = end;
    this.play();
  }

  /** Show the film as the copy will be, or as it is. @param {boolean} value */
  setAsCopy(value) {
    const at = this.time;
    this.#asCopy = value;
    this.#until = Infinity;
    this.#start(at);
    this.#tell();
  }

  /** What is done was decided otherwise: a piece of the copy is another one now. */
  decided() {
    this.#revision += 1;
    this.#nextUrl = "";
    if (this.#asCopy) this.#start(this.time);
  }

  /** @param {number} at */
  #start(at) {
    if (!this.#film) return;
    this.#screen.querySelector("video")?.remove();
    this.#screen.prepend(this.#video);
    if (!this.#film.path || this.#film.media === null) {
      this.#video.removeAttribute("src");
      this.#note(this.#film.path ? "The film is being looked at…" : "The film is not there.");
      return;
    }
    this.#wanted = at;
    if (this.#inPieces) {
      this.#base = at;
      this.#end = Math.min(at + PIECE, this.duration || Infinity);
      this.#video.src = this.#piece(at);
      this.#note("Loading…");
    } else {
      [this.#base, this.#end] = [0, Infinity];
      const url = filmPath(this.#film.id, "media");
      if (!this.#video.src.endsWith(url)) this.#video.src = url;
      this.#video.currentTime = at;
    }
    this.#resume();
  }

  /** @param {number} start */
  #piece(start) {
    const query = new URLSearchParams({ start: start.toFixed(3), seconds: String(PIECE), edits: this.#asCopy ? "1" : "0" });
    if (this.#asCopy) query.set("v", String(this.#revision));
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
    const hasPicture = this.#film.media?.video;
    if (!this.#inPieces && hasPicture && this.#video.videoWidth === 0) this.#broke(); // such as H.265: no error, no picture
    if (this.#inPieces) this.#fetchNext();
    this.#resume();
    this.#tell();
  }

  #fetchNext() {
    if (this.#end >= this.duration) return;
    const url = this.#piece(this.#end);
    if (url === this.#nextUrl) return;
    this.#nextUrl = url;
    this.#next.src = url;
  }

  #pieceEnded() {
    if (!this.#inPieces || this.#end >= this.duration - 0.05) return this.pause();
    const [url, start] = [this.#piece(this.#end), this.#end];
    if (this.#nextUrl !== url) return this.#go(start);
    [this.#video, this.#next] = [this.#next, this.#video];
    this.#video.muted = this.#next.muted;
    this.#base = this.#wanted = start;
    this.#end = Math.min(start + PIECE, this.duration);
    this.#next.replaceWith(this.#video);
    this.#nextUrl = "";
    this.#resume();
    if (this.#video.readyState >= 2) this.#fetchNext();
  }

  async #broke() {
    if (!this.#inPieces) {
      this.#direct = false;
      return this.#start(this.#wanted);
    }
    this.pause();
    const why = await fetch(this.#video.src)
      .then((answer) => (answer.ok ? null : answer.json()))
      .then((body) => body?.error)
      .catch(() => null);
    this.#note(why ? `${why.what}: ${why.why}` : "This part of the film cannot be shown.");
  }

  #tick() {
    if (this.time >= this.#until && this.#plays) {
      this.#until = Infinity;
      this.pause();
    }
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("time"));
  }

  /** @param {string} text */
  #note(text) {
    const note = byId("screen-note");
    note.textContent = text;
    note.hidden = !text;
  }
}
