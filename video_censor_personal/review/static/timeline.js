/** The film as a line: how loud it is, where findings are, where the player is. The list says the same in words. */

import { byId } from "./elements.js";
import { needsDecision } from "./segments.js";
import { formatTime } from "./times.js";

const RULER = 18;
const WAVE = 40;
const LANE = 14;
const MOST_LANES = 8;
const GRIP = 8;
const SHORTEST = 2;
/** Seconds that can be looked at most closely. */

export class Timeline {
  #canvas = byId("timeline");
  #playhead = byId("playhead");
  #frame = 0;
  #all = document.createElement("canvas");
  #isStale = true;
  /** @type {{levels: Uint8Array, perSecond: number} | null} */ wave = null;
  #from = 0;
  #to = 1;
  /** @type {{edge: "start" | "end" | "seek", at: number} | null} */ #drag = null;

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./player.js").Player} player
   */
  constructor(store, player) {
    this.store = store;
    this.player = player;
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#down(event));
    canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#move(event));
    canvas.addEventListener("pointerup", () => this.#up());
    canvas.addEventListener("pointercancel", () => {
      this.#drag = null;
      this.draw();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#drag) return;
      this.#drag = null;
      this.draw();
    });
    canvas.addEventListener(
      "wheel",
      (/** @type {WheelEvent} */ event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 0.7 : 1.4, this.#timeAt(event));
      },
      { passive: false },
    );
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  get #duration() {
    return this.store.film?.duration || this.player.duration || 1;
  }

  showAll() {
    [this.#from, this.#to] = [0, this.#duration];
    this.draw();
  }

  /** @param {number} factor @param {number} [around] seconds */
  zoom(factor, around = this.player.time) {
    const length = Math.min(Math.max((this.#to - this.#from) * factor, SHORTEST), this.#duration);
    const share = (around - this.#from) / (this.#to - this.#from);
    this.#from = Math.min(Math.max(0, around - length * Math.min(Math.max(share, 0), 1)), this.#duration - length);
    this.#to = this.#from + length;
    this.draw();
  }

  /** Bring a moment into sight. @param {number} time */
  follow(time) {
    if (this.#drag || (time >= this.#from && time <= this.#to)) return;
    const length = this.#to - this.#from;
    this.#from = Math.min(Math.max(0, time - length / 10), Math.max(0, this.#duration - length));
    this.#to = this.#from + length;
    this.draw();
  }

  /** @param {number} time */
  #x(time) {
    return ((time - this.#from) / (this.#to - this.#from)) * this.#canvas.clientWidth;
  }

  /** @param {{offsetX: number}} event */
  #timeAt(event) {
    return this.#from + (event.offsetX / this.#canvas.clientWidth) * (this.#to - this.#from);
  }

  /** @param {PointerEvent} event */
  #edgeAt(event) {
    const chosen = this.store.chosen;
    if (!chosen || chosen.shelf === "retired") return null;
    if (Math.abs(event.offsetX - this.#x(chosen.start_time_seconds)) < GRIP) return "start";
    if (Math.abs(event.offsetX - this.#x(chosen.end_time_seconds)) < GRIP) return "end";
    return null;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.#canvas.setPointerCapture(event.pointerId);
    const edge = event.offsetY > RULER ? this.#edgeAt(event) : null;
    this.#drag = { edge: edge ?? "seek", at: this.#timeAt(event) };
    if (edge) return;
    const hit = this.#findingAt(event);
    if (hit) this.store.choose(hit.id);
    else this.player.seek(this.#drag.at);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    this.#canvas.style.cursor = this.#edgeAt(event) ? "ew-resize" : "pointer";
    if (!this.#drag) return;
    const time = Math.min(Math.max(this.#timeAt(event), 0), this.#duration);
    if (this.#drag.edge === "seek") {
      if (Math.abs(time - this.#drag.at) * this.#canvas.clientWidth > 3 * (this.#to - this.#from)) this.player.seek(time);
      return;
    }
    this.#drag.at = time;
    this.drawChosen();
  }

  #up() {
    const [drag, chosen] = [this.#drag, this.store.chosen];
    this.#drag = null;
    if (!drag || drag.edge === "seek" || !chosen) return;
    const [start, end] = this.#dragged(chosen, drag);
    if (end > start) this.store.decide(chosen, drag.edge === "start" ? { start } : { end });
    this.draw();
  }

  /** @param {any} segment @param {{edge: string, at: number} | null} drag */
  #dragged(segment, drag) {
    const at = drag ? Math.round(drag.at * 1000) / 1000 : 0;
    return [drag?.edge === "start" ? at : segment.start_time_seconds, drag?.edge === "end" ? at : segment.end_time_seconds];
  }

  /** @param {PointerEvent} event */
  #findingAt(event) {
    const lane = Math.floor((event.offsetY - RULER - WAVE) / LANE);
    const lanes = this.#lanes();
    const slack = (4 / this.#canvas.clientWidth) * (this.#to - this.#from);
    const time = this.#timeAt(event);
    const near = this.store.shown.filter((each) => each.start_time_seconds - slack <= time && each.end_time_seconds + slack >= time);
    return near.find((each) => lanes.get(each.category) === lane) ?? (event.offsetY > RULER + WAVE ? near[0] : undefined);
  }

  /** Which row each category has; those that were not found have none. */
  #lanes() {
    const found = new Set(this.store.shown.map((each) => each.category));
    const names = this.store.categories.filter((each) => found.has(each));
    return new Map(names.map((each, at) => [each, Math.min(at, MOST_LANES - 1)]));
  }

  /** Draw it once, however much changes before the screen is drawn. */
  draw() {
    this.#isStale = true;
    this.drawChosen();
  }

  /** Draw it again where nothing but what is chosen changed. */
  drawChosen() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  showPlayhead() {
    this.#playhead.style.transform = `translateX(${this.#x(this.player.time)}px)`;
  }

  #draw() {
    this.#frame = 0;
    const canvas = this.#canvas;
    const lanes = this.#lanes();
    const height = RULER + WAVE + Math.max(1, ...[...lanes.values()].map((each) => each + 1)) * LANE + 4;
    if (canvas.style.height !== `${height}px`) canvas.style.height = `${height}px`;
    const [width, ratio] = [canvas.clientWidth, window.devicePixelRatio || 1];
    if (!width) return;
    const style = getComputedStyle(canvas);
    const colors = new Map();
    const color = (/** @type {string} */ name) => {
      if (!colors.has(name)) colors.set(name, style.getPropertyValue(name).trim() || style.color);
      return colors.get(name);
    };
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#isStale || this.#all.width !== size[0] || this.#all.height !== size[1]) {
      const all = cleared(this.#all, size, ratio);
      this.#drawRuler(all, width, color);
      this.#drawWave(all, width, color("--wave"));
      for (const segment of this.store.shown) this.#drawFinding(all, width, color, segment, lanes);
      this.#isStale = false;
    }
    const context = cleared(canvas, size, 1);
    context.drawImage(this.#all, 0, 0);
    context.scale(ratio, ratio);
    this.#drawChosen(context, width, color, lanes);
    this.showPlayhead();
  }

  /** @param {any} context @param {number} width @param {(name: string) => string} color */
  #drawRuler(context, width, color) {
    const length = this.#to - this.#from;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200].find((each) => (each / length) * width > 70) ?? 14400;
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = color("--quiet");
    for (let time = Math.ceil(this.#from / step) * step; time <= this.#to; time += step) {
      const x = this.#x(time);
      context.fillRect(x, RULER - 4, 1, 4);
      context.fillText(formatTime(time, step < 1 ? 1 : 0), Math.min(x + 3, width - 34), RULER - 6);
    }
  }

  /** @param {any} context @param {number} width @param {string} color */
  #drawWave(context, width, color) {
    if (!this.wave) return;
    const { levels, perSecond } = this.wave;
    context.fillStyle = color;
    for (let x = 0; x < width; x += 2) {
      const [a, b] = [x, x + 2].map((each) => Math.floor((this.#from + (each / width) * (this.#to - this.#from)) * perSecond));
      let most = 0;
      for (let at = a; at <= Math.max(a, b - 1) && at < levels.length; at++) most = Math.max(most, levels[at]);
      const high = Math.max(1, (most / 255) * (WAVE - 4));
      context.fillRect(x, RULER + (WAVE - high) / 2, 1.5, high);
    }
  }

  /**
   * @param {any} context @param {number} width @param {(name: string) => string} color
   * @param {any} segment @param {Map<string, number>} lanes
   * @param {{edge: string, at: number} | null} [drag]
   * @returns {{left: number, right: number, top: number} | null} where it is, if it is in sight
   */
  #drawFinding(context, width, color, segment, lanes, drag = null) {
    const [start, end] = this.#dragged(segment, drag);
    const left = this.#x(start);
    const right = Math.max(this.#x(end), left + 3);
    if (right < 0 || left > width) return null;
    const top = RULER + WAVE + (lanes.get(segment.category) ?? 0) * LANE + 4;
    context.strokeStyle = context.fillStyle = color(`--c${this.store.categoryNumber(segment.category)}`);
    context.lineWidth = 1.5;
    // What stays as it is is hollow, what is to decide is half full: the color alone does not say it.
    const isOpen = needsDecision(segment);
    const hasFill = !segment.allow && segment.shelf !== "retired";
    if (!hasFill || isOpen) context.strokeRect(left + 0.75, top + 0.75, Math.max(right - left - 1.5, 1), LANE - 6.5);
    if (isOpen) context.fillRect(left, top + (LANE - 5) / 2, right - left, (LANE - 5) / 2);
    else if (hasFill) context.fillRect(left, top, right - left, LANE - 5);
    return { left, right, top };
  }

  /** @param {any} context @param {number} width @param {(name: string) => string} color @param {Map<string, number>} lanes */
  #drawChosen(context, width, color, lanes) {
    const { chosen } = this.store;
    const place = chosen && lanes.has(chosen.category) ? this.#drawFinding(context, width, color, chosen, lanes, this.#drag) : null;
    if (!place) return;
    const { left, right, top } = place;
    context.strokeStyle = context.fillStyle = color("--text");
    context.lineWidth = 2;
    context.strokeRect(left - 2, top - 2, right - left + 4, LANE - 1);
    for (const x of [left, right]) context.fillRect(x - 1, RULER, 2, top - RULER);
  }
}

/** @param {HTMLCanvasElement} canvas @param {number[]} size @param {number} ratio @returns {any} what to draw on it with */
function cleared(canvas, size, ratio) {
  [canvas.width, canvas.height] = size;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  return context;
}
