/** The list of findings: only the rows in sight are in the page, so that ten thousand are no burden. */

import { byId, element } from "./elements.js";
import { needsDecision, stateOf, titleOf } from "./segments.js";
import { formatTime } from "./times.js";

const ROW = 56;
const MORE = 6;

export class FindingList {
  #box = byId("findings");
  #space = element("div", { className: "space", role: "presentation" });
  /** @param {import("./store.js").Store} store @param {() => void} onPlay */
  constructor(store, onPlay) {
    this.store = store;
    this.#box.append(this.#space);
    this.#box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.#box.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const row = event.target instanceof Element ? event.target.closest("[data-id]") : null;
      if (row instanceof HTMLElement) store.choose(row.dataset.id ?? null);
    });
    this.#box.addEventListener("dblclick", () => store.chosenId && onPlay());
    this.#box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const steps = { Home: -Infinity, End: Infinity, PageUp: -this.#page, PageDown: this.#page };
      const step = /** @type {any} */ (steps)[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      store.step(step);
    });
    new ResizeObserver(() => this.draw()).observe(this.#box);
  }

  get #page() {
    return Math.max(1, Math.floor(this.#box.clientHeight / ROW) - 1);
  }

  /** Bring the chosen finding into sight. */
  reveal() {
    const at = this.store.shown.findIndex((each) => each.id === this.store.chosenId);
    if (at < 0) return this.draw();
    const [top, bottom] = [at * ROW, (at + 1) * ROW];
    if (top < this.#box.scrollTop) this.#box.scrollTop = top;
    else if (bottom > this.#box.scrollTop + this.#box.clientHeight) this.#box.scrollTop = bottom - this.#box.clientHeight;
    this.draw();
  }

  draw() {
    const { shown, segments, chosenId } = this.store;
    const all = segments.size;
    const none = this.store.film?.counts ? "Nothing was found." : "";
    byId("list-count").textContent = all === 0 ? none : shown.length === all ? `${all} in all` : `${shown.length} of ${all}`;
    this.#space.style.height = `${shown.length * ROW}px`;
    const first = Math.max(0, Math.floor(this.#box.scrollTop / ROW) - MORE);
    const last = Math.min(shown.length, first + Math.ceil(this.#box.clientHeight / ROW) + 2 * MORE);
    const rows = shown.slice(first, last).map((segment, index) => this.#row(segment, first + index));
    const at = shown.findIndex((each) => each.id === chosenId);
    if (at >= 0 && (at < first || at >= last)) rows.push(this.#row(shown[at], at)); // it is what the focus is on
    this.#space.replaceChildren(...rows);
    if (at >= 0) this.#box.setAttribute("aria-activedescendant", `finding-${at}`);
    else this.#box.removeAttribute("aria-activedescendant");
  }

  /** @param {import("./segments.js").Segment} segment @param {number} at */
  #row(segment, at) {
    const state = stateOf(segment);
    const kind = needsDecision(segment) ? "todo" : segment.allow || segment.shelf ? "allowed" : "hidden";
    const title = titleOf(segment, this.store.showWords);
    const said = [...(title === segment.category ? [] : [segment.category]), `${(segment.end_time_seconds - segment.start_time_seconds).toFixed(1)} s`];
    const row = element(
      "div",
      {
        ...{ id: `finding-${at}`, className: `row ${kind}`, role: "option" },
        ...{ "aria-selected": segment.id === this.store.chosenId, "aria-setsize": this.store.shown.length, "aria-posinset": at + 1 },
        "data-id": segment.id,
      },
      element("span", { className: "when" }, formatTime(segment.start_time_seconds, 1)),
      element("span", { className: `mark c${this.store.categoryNumber(segment.category)}`, "aria-hidden": "true" }),
      element("span", { className: "what" }, element("b", {}, title), element("span", { className: "quiet" }, said.join(", "))),
      element("span", { className: "state" }, segment.reviewed ? `✓ ${state}` : state),
    );
    row.style.top = `${at * ROW}px`;
    return row;
  }
}
