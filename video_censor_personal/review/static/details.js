/** The chosen finding: what it is, what is done about it, and everything that can be decided about it. */

import { filmPath } from "./api.js";
import { byId, element, plain } from "./elements.js";
import { isWord, needsDecision, PICTURE, SOUND, nameOf, stateOf } from "./segments.js";
import { formatTime, parseTime } from "./times.js";

const CERTAINTY = { sure: "Sure", doubtful: "Not sure: you decide", weak: "Hardly worth a look" };
const STEP = 0.04;
/** Seconds by which an arrow key moves a border: a picture. */
const TYPED = 800;
/** Milliseconds after the last letter at which a note is saved. */
const MOST_FACTS = 50;

/** @typedef {{version: string, value: any, renew: () => void}} Seen what a field said when somebody began to type there */

export class Details {
  #body = byId("details-body");
  #heading = byId("details-heading");
  /** @type {any} */ #parts = {};
  #id = "";
  /** @type {Seen[]} */ #seen = [];

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
    if (!segment) return this.#showNone();
    if (this.#id !== segment.id) {
      this.#leave();
      this.#build(segment);
    }
    this.#id = segment.id;
    this.#update(segment);
  }

  /** Show what is stored also where somebody was typing: that was given up. */
  renew() {
    const segment = this.store.chosen;
    if (!segment || !this.#id) return;
    this.#update(segment, true);
    for (const seen of this.#seen) seen.renew();
  }

  /** Save what is being typed, now. */
  save() {
    const field = document.activeElement;
    if (field && this.#body.contains(field)) field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #showNone() {
    this.#leave();
    this.#id = "";
    const none = this.store.film.counts ? "Nothing was found" : "What was found cannot be read";
    this.#heading.textContent = this.store.segments.size ? "No finding is chosen" : none;
    const hint = "Choose one in the list, or mark a stretch of the film yourself: go to where it begins, then to where it ends, and add it.";
    this.#body.replaceChildren(element("p", { className: "quiet" }, hint), element("div", { className: "controls", role: "group", "aria-label": "Mark a stretch" }, this.#button("Begins here", "in", "I"), this.#button("Ends here", "out", "O"), this.#button("New finding", "add", "N")));
  }

  /** What was being typed is decided before another finding is shown. */
  #leave() {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && this.#body.contains(activeElement)) activeElement.blur();
  }

  /** @param {string} text @param {string} action @param {string} [key] that does the same */
  #button(text, action, key) {
    const shown = key ? element("kbd", { "aria-hidden": "true" }, key) : null;
    return element("button", { type: "button", onclick: this.actions[action], ...(key && { "aria-keyshortcuts": key }) }, text, shown);
  }

  /** @param {any} segment */
  #build(segment) {
    const { choices, categories } = this.store;
    this.#seen = [];
    const parts = (this.#parts = {
      state: element("p", { className: "decision" }),
      hide: this.#button("Hide it", "hide"),
      leave: this.#button("Leave it", "leave"),
      reviewed: this.#button("Looked at", "reviewed", "R"),
      start: this.#timeField(segment.id, "start", "From"),
      end: this.#timeField(segment.id, "end", "To"),
      sound: this.#choice(segment.id, "Sound", "audio_remediation", choices.sound, SOUND),
      picture: this.#choice(segment.id, "Picture", "video_remediation", choices.picture, PICTURE),
      category: this.#choice(segment.id, "Category", "category", categories, {}),
      note: this.#noteField(segment.id),
      facts: element("ul", { className: "facts" }),
      remove: this.#button("Remove", "remove"),
    });
    const decision = element("div", { className: "controls", role: "group", "aria-label": "Your decision" }, parts.hide, parts.leave, parts.reviewed);
    const playing = element("div", { className: "controls", role: "group", "aria-label": "Play this finding" }, this.#button("Play it", "playFinding", "Enter"), this.#button("Before / after", "beforeAfter", "B"));
    parts.decide = element("div", { className: "decide" }, element("div", { className: "grow" }, parts.state, decision, playing));
    const pieces = [["Begins here", "in", "I"], ["Ends here", "out", "O"], ["Split here", "split", "S"], ["Join with the next", "merge", "M"], ["New finding", "add", "N"]];
    this.#body.replaceChildren(
      parts.decide,
      element("div", { className: "fields" }, parts.start.label, parts.end.label, parts.sound.label, parts.picture.label, segment.hand_made ? parts.category.label : null),
      element("label", { className: "note", for: "note" }, "Note ", parts.note),
      element("div", { className: "controls small", role: "group", "aria-label": "Borders and pieces" }, ...pieces.map(([text, action, key]) => this.#button(text, action, key)), parts.remove),
      element("details", { className: "why" }, element("summary", {}, "Why it was found"), parts.facts),
    );
  }

  /** @param {any} segment */
  #still(segment) {
    if (!this.store.film?.path || !this.store.film.media?.video) return null;
    const at = (segment.start_time_seconds + segment.end_time_seconds) / 2;
    const url = `${filmPath(this.store.film.id, "still")}?at=${at.toFixed(3)}&width=320`;
    return element("img", { className: `still${isWord(segment) ? "" : " blurred"}`, src: url, alt: "", onerror: (/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).remove() });
  }

  /**
   * Decide, unless that is what it says already. What somebody else wrote there while this was typed is not
   * lost: then it is told to be about the finding as it was, and the server objects.
   * @param {string} id @param {string} key @param {any} value
   * @param {Seen | null} [seen] what was there when the typing began
   */
  #decide(id, key, value, seen = null) {
    const segment = this.store.segments.get(id);
    if (!segment || same(storedAs(segment, key), value)) return;
    const isOther = seen !== null && !same(storedAs(segment, key), seen.value);
    this.store.decide(isOther ? { ...segment, version: seen.version } : segment, { [key]: value });
    if (seen) seen.value = value;
  }

  /** @param {string} id @param {string} key @param {any} field @returns {Seen} */
  #watched(id, key, field) {
    const seen = {
      ...{ version: "", value: /** @type {any} */ (null) },
      renew: () => {
        const segment = this.store.segments.get(id);
        if (segment) [seen.version, seen.value] = [segment.version, storedAs(segment, key)];
      },
    };
    seen.renew();
    field.addEventListener("focus", seen.renew);
    this.#seen.push(seen);
    return seen;
  }

  /** @param {string} id */
  #noteField(id) {
    const field = element("textarea", { rows: 1, id: "note", maxLength: 2000 });
    const seen = this.#watched(id, "note", field);
    let timer = 0;
    const save = () => {
      clearTimeout(timer);
      this.store.saving.setTyping(false);
      this.#decide(id, "note", field.value || null, seen);
    };
    field.addEventListener("input", () => {
      clearTimeout(timer);
      this.store.saving.setTyping(true);
      timer = window.setTimeout(save, TYPED);
    });
    field.addEventListener("change", save);
    return field;
  }

  /** @param {string} id @param {"start" | "end"} key @param {string} text */
  #timeField(id, key, text) {
    const input = element("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false, "aria-describedby": `${key}-problem` });
    const problem = element("span", { id: `${key}-problem`, className: "problem", role: "alert" });
    const seen = this.#watched(id, key, input);
    const decide = () => {
      const [value, segment] = [parseTime(input.value), this.store.segments.get(id)];
      if (!segment) return;
      const wrong = this.#wrongTime(segment, key, value);
      problem.textContent = wrong;
      input.setAttribute("aria-invalid", String(Boolean(wrong)));
      if (!wrong) this.#decide(id, key, value, seen);
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

  /** @param {any} segment @param {"start" | "end"} key @param {number | null} value @returns {string} what is wrong with a time */
  #wrongTime(segment, key, value) {
    if (value === null) return "Write it as 1:02:03.4";
    const length = this.store.film.duration;
    if (length && value > length + 0.05) return `The film ends at ${formatTime(length, 1)}`;
    const [start, end] = key === "start" ? [value, segment.end_time_seconds] : [segment.start_time_seconds, value];
    return end > start ? "" : "The end must be after the beginning";
  }

  /** @param {string} id @param {string} text @param {string} key @param {string[]} modes @param {Record<string, string>} names */
  #choice(id, text, key, modes, names) {
    const usual = key === "category" ? [] : [element("option", { value: "" }, "As in the settings")];
    const options = [...usual, ...modes.map((mode) => element("option", { value: mode }, names[mode] ?? mode))];
    const select = element("select", { onchange: () => this.#decide(id, key, select.value || null) }, ...options);
    return { label: element("label", {}, `${text} `, select), select };
  }

  /** @param {any} segment @param {boolean} [everywhere] also where somebody types */
  #update(segment, everywhere = false) {
    const parts = this.#parts;
    const set = (/** @type {any} */ field, /** @type {string} */ value) => {
      if ((everywhere || document.activeElement !== field) && field.value !== value) field.value = value;
    };
    // A film may be opened only while somebody types already: then nothing but the picture is new.
    if (!parts.still && (parts.still = this.#still(segment))) parts.decide.prepend(parts.still);
    const isDecided = !needsDecision(segment);
    this.#heading.textContent = plain(nameOf(segment, this.store.showWords));
    parts.state.textContent = `${formatTime(segment.start_time_seconds, 1)} to ${formatTime(segment.end_time_seconds, 1)}: ${stateOf(segment)}`;
    parts.hide.setAttribute("aria-pressed", String(isDecided && !segment.allow));
    parts.leave.setAttribute("aria-pressed", String(isDecided && segment.allow));
    parts.reviewed.setAttribute("aria-pressed", String(Boolean(segment.reviewed)));
    set(parts.start.input, formatTime(segment.start_time_seconds, 3));
    set(parts.end.input, formatTime(segment.end_time_seconds, 3));
    for (const each of [parts.start, parts.end]) {
      if (!everywhere && document.activeElement === each.input) continue;
      each.problem.textContent = "";
      each.input.removeAttribute("aria-invalid");
    }
    set(parts.sound.select, segment.audio_remediation ?? "");
    set(parts.picture.select, segment.video_remediation ?? "");
    set(parts.category.select, segment.category);
    set(parts.note, segment.note ?? "");
    parts.remove.hidden = !segment.hand_made;
    const facts = [/** @type {any} */ (CERTAINTY)[segment.certainty], ...segment.detections.slice(0, MOST_FACTS).map((/** @type {any} */ hit) => this.#fact(hit)), segment.description];
    parts.facts.replaceChildren(...facts.filter(Boolean).map((each) => element("li", {}, each)));
  }

  /** @param {any} hit */
  #fact(hit) {
    const isShown = hit.text == null || this.store.showWords;
    const what = hit.text == null ? hit.label : isShown ? `“${hit.text}”` : "a word";
    const share = typeof hit.confidence === "number" ? `, ${Math.round(hit.confidence * 100)} %` : "";
    const why = isShown && hit.reasoning ? ` (${hit.reasoning})` : "";
    return `${hit.detector || "by hand"}: ${what}, ${formatTime(hit.start, 2)} to ${formatTime(hit.end, 2)}${share}${why}`;
  }
}

/** @param {any} segment @param {string} key of a change */
const storedAs = (segment, key) => segment[key === "start" || key === "end" ? `${key}_time_seconds` : key] ?? null;

/** Whether values are the same to who reads them: times are shown in thousandths. @param {any} one @param {any} other */
const same = (one, other) => (typeof one === "number" && typeof other === "number" ? Math.abs(one - other) < 0.0005 : one === other);
