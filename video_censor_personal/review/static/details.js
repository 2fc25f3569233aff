/** The chosen finding: what it is, what is done about it, and everything that can be decided about it. */

import { filmPath } from "./api.js";
import { byId, element } from "./elements.js";
import { isWord, PICTURE, SOUND, stateOf, titleOf } from "./segments.js";
import { formatTime, parseTime } from "./times.js";

const CERTAINTY = { sure: "sure", doubtful: "not sure: you decide", weak: "hardly worth a look" };
const STEP = 0.04;
/** Seconds by which an arrow key moves a border: a picture. */

export class Details {
  #body = byId("details-body");
  #heading = byId("details-heading");
  /** @type {any} */ #parts = {};
  #id = "";

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./player.js").Player} player
   * @param {Record<string, () => void>} actions what buttons do, by the names that keys have too
   */
  constructor(store, player, actions) {
    this.store = store;
    this.player = player;
    this.actions = actions;
  }

  /** Show the chosen finding; what a person is typing stays. */
  show() {
    const segment = this.store.chosen;
    if (!segment) {
      this.#id = "";
      this.#heading.textContent = this.store.segments.size ? "No finding is chosen" : "Nothing was found";
      this.#body.replaceChildren(element("p", { className: "quiet" }, "Choose one in the list, or mark a stretch of the film yourself: I where it begins, O where it ends, N to add it."), this.#ownButtons());
      return;
    }
    if (this.#id !== segment.id) this.#build(segment);
    this.#update(segment);
  }

  #ownButtons() {
    const button = (/** @type {string} */ text, /** @type {string} */ action) => element("button", { type: "button", onclick: this.actions[action] }, text);
    return element("div", { className: "controls", role: "group", "aria-label": "Mark a stretch" }, button("Begins here (I)", "in"), button("Ends here (O)", "out"), button("New finding (N)", "add"));
  }

  /** @param {any} segment */
  #build(segment) {
    this.#id = segment.id;
    const parts = (this.#parts = {
      state: element("p", { className: "decision" }),
      allow: element("button", { type: "button", className: "main", onclick: this.actions.allow }),
      start: this.#timeField("start", "From"),
      end: this.#timeField("end", "To"),
      sound: this.#choice("Sound", "audio_remediation", this.store.choices.sound, SOUND),
      picture: this.#choice("Picture", "video_remediation", this.store.choices.picture, PICTURE),
      category: this.#choice("Category", "category", this.store.choices.categories, {}),
      note: element("textarea", { rows: 2, id: "note", maxLength: 10000, onchange: () => this.#decide({ note: this.#parts.note.value || null }) }),
      facts: element("ul", { className: "facts" }),
      remove: element("button", { type: "button", onclick: this.actions.remove }, "Remove"),
    });
    const button = (/** @type {string} */ text, /** @type {string} */ action) => element("button", { type: "button", onclick: this.actions[action] }, text);
    this.#body.replaceChildren(
      element("div", { className: "decide" }, this.#still(segment), element("div", { className: "grow" }, parts.state, element("div", { className: "controls" }, parts.allow, button("Play it (Enter)", "playFinding"), button("Before / after (B)", "beforeAfter"), button("Looked at (R)", "reviewed")))),
      element("div", { className: "fields" }, ...[parts.start.label, parts.end.label, parts.sound.label, parts.picture.label, segment.hand_made ? parts.category.label : null].filter(Boolean)),
      element("label", { className: "note", for: "note" }, "Note ", parts.note),
      element("div", { className: "controls", role: "group", "aria-label": "Borders and pieces" }, button("Begins here (I)", "in"), button("Ends here (O)", "out"), button("Split here (S)", "split"), button("Join with the next (M)", "merge"), button("New finding (N)", "add"), parts.remove),
      element("details", { className: "why" }, element("summary", {}, "Why it was found"), parts.facts),
    );
  }

  /** @param {any} segment */
  #still(segment) {
    if (!this.store.film?.path || !this.store.film.media?.video) return null;
    const at = (segment.start_time_seconds + segment.end_time_seconds) / 2;
    const url = `${filmPath(this.store.film.id, "still")}?at=${at.toFixed(3)}&width=320`;
    return element("img", { className: `still${isWord(segment) ? "" : " blurred"}`, src: url, loading: "lazy", alt: "", onerror: (/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).remove() });
  }

  /** @param {"start" | "end"} key @param {string} text */
  #timeField(key, text) {
    const input = element("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false, "aria-describedby": `${key}-problem` });
    const problem = element("span", { id: `${key}-problem`, className: "problem", role: "alert" });
    const decide = () => {
      const [value, segment] = [parseTime(input.value), this.store.chosen];
      if (!segment) return;
      const [start, end] = key === "start" ? [value, segment.end_time_seconds] : [segment.start_time_seconds, value];
      const length = this.store.film.duration;
      const wrong = value === null ? "Write it as 1:02:03.4" : length && value > length ? `The film ends at ${formatTime(length, 1)}` : Number(end) <= Number(start) ? "The end must be after the beginning" : "";
      problem.textContent = wrong;
      input.setAttribute("aria-invalid", String(Boolean(wrong)));
      if (!wrong && value !== segment[`${key}_time_seconds`]) this.#decide({ [key]: value });
    };
    input.addEventListener("change", decide);
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
      const value = parseTime(input.value);
      if (event.key === "Enter") decide();
      if (step === undefined || value === null) return;
      event.preventDefault();
      input.value = formatTime(value + step, 3);
      decide();
    });
    return { label: element("label", {}, `${text} `, input, problem), input, problem };
  }

  /** @param {string} text @param {string} key @param {string[]} modes @param {Record<string, string>} names */
  #choice(text, key, modes, names) {
    const usual = key === "category" ? [] : [element("option", { value: "" }, "As configured")];
    const options = [...usual, ...modes.map((mode) => element("option", { value: mode }, names[mode] ?? mode))];
    const select = element("select", { onchange: () => this.#decide({ [key]: select.value || null }) }, ...options);
    return { label: element("label", {}, `${text} `, select), select };
  }

  /** @param {Record<string, any>} fields */
  #decide(fields) {
    const segment = this.store.chosen;
    if (segment) this.store.decide(segment, fields);
  }

  /** @param {any} segment */
  #update(segment) {
    const parts = this.#parts;
    const set = (/** @type {any} */ field, /** @type {string} */ value) => {
      if (document.activeElement !== field && field.value !== value) field.value = value;
    };
    this.#heading.textContent = `${titleOf(segment, this.store.showWords)} · ${segment.category}`;
    parts.state.textContent = `${formatTime(segment.start_time_seconds, 1)} to ${formatTime(segment.end_time_seconds, 1)}: ${stateOf(segment)}`;
    parts.allow.textContent = segment.allow ? "Hide it (A)" : "Leave it as it is (A)";
    set(parts.start.input, formatTime(segment.start_time_seconds, 3));
    set(parts.end.input, formatTime(segment.end_time_seconds, 3));
    for (const each of [parts.start, parts.end]) if (document.activeElement !== each.input) each.problem.textContent = "";
    set(parts.sound.select, segment.audio_remediation ?? "");
    set(parts.picture.select, segment.video_remediation ?? "");
    set(parts.category.select, segment.category);
    set(parts.note, segment.note ?? "");
    parts.remove.hidden = !segment.hand_made;
    parts.facts.replaceChildren(element("li", {}, `${/** @type {any} */ (CERTAINTY)[segment.certainty] ?? segment.certainty}`), ...segment.detections.slice(0, 50).map((/** @type {any} */ hit) => element("li", {}, this.#fact(hit))), ...(segment.description ? [element("li", {}, segment.description)] : []));
  }

  /** @param {any} hit */
  #fact(hit) {
    const what = hit.text != null ? (this.store.showWords ? `“${hit.text}”` : "a word") : hit.label;
    const share = typeof hit.confidence === "number" ? `, ${Math.round(hit.confidence * 100)} %` : "";
    return `${hit.detector || "by hand"}: ${what}, ${formatTime(hit.start, 2)} to ${formatTime(hit.end, 2)}${share}${hit.reasoning ? ` (${this.store.showWords || hit.text == null ? hit.reasoning : "on the list of words"})` : ""}`;
  }
}
