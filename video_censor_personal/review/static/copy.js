/** The clean copy: how it stands, making it, and what of the decisions is not saved. */

import { ask, filmPath, Refused } from "./api.js";
import { byId, element } from "./elements.js";
import { confirmed } from "./questions.js";
import { formatTime } from "./times.js";

const STATES = {
  none: "No clean copy was made yet.",
  stale: "The clean copy was made before your last decisions.",
  current: "The clean copy is made, and as you decided.",
  waiting: "The clean copy waits until another film is ready.",
  rendering: "The clean copy is being made.",
  failed: "The clean copy could not be made.",
};

const ROUNDED = 0.05;
/** Seconds by which lengths are rounded. */

export class CopyPanel {
  #shown = "";
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    byId("render").addEventListener("click", () => this.make());
    byId("stop-render").addEventListener("click", () => this.#ask("DELETE"));
  }

  async make() {
    const missing = this.store.details.incomplete ?? [];
    const lines = [...(this.store.details.coverage_lines ?? []), "What was not looked at stays in the copy as it is."];
    if (missing.length && !(await confirmed("Not all of the film was looked at", lines, "Make the copy anyway"))) return;
    this.#ask("POST", missing.length ? { allow_incomplete: true } : {});
  }

  /** @param {string} method @param {unknown} [body] */
  async #ask(method, body) {
    try {
      this.store.film.copy = await ask(filmPath(this.store.film.id, "render"), { method, body }).then((answer) => answer.copy ?? this.store.film.copy);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.store.film.copy = { ...this.store.film.copy, error: error.error };
    }
    await this.store.poll().catch(() => undefined);
    this.show();
  }

  show() {
    const { film } = this.store;
    const copy = film?.copy ?? { state: "none" };
    const runs = copy.state === "rendering" || copy.state === "waiting";
    const said = [/** @type {any} */ (STATES)[copy.state] ?? "", copy.text ?? ""];
    if (runs && copy.left != null) said.push(`About ${formatTime(copy.left)} left.`);
    if (copy.state === "current" && copy.path) said.push(copy.path.split(/[\\/]/).at(-1));
    const lines = [said.filter(Boolean).join(" ")];
    if (copy.error) lines.push(`${copy.error.what}: ${copy.error.why}. ${copy.error.fix}.`);
    byId("copy-text").replaceChildren(...lines.map((line, at) => element("span", { className: at ? "problem line" : "line" }, line)));
    const bar = byId("copy-progress");
    bar.hidden = !runs;
    if (copy.share == null) bar.removeAttribute("value");
    else bar.value = copy.share;
    byId("stop-render").hidden = !runs;
    const button = byId("render");
    button.disabled = runs || !film?.path || Boolean(film.problem);
    button.hidden = runs;
    button.textContent = copy.state === "current" ? "Make it again" : "Make the clean copy";
  }

  /** Say what stands in the way of a copy: a file may have been edited by hand. */
  showBeyond() {
    const { film, segments } = this.store;
    const beyond = [...segments.values()].filter((each) => !each.shelf && film.duration && each.start_time_seconds > film.duration + ROUNDED);
    const what = beyond.length === 1 ? "One finding is" : `${beyond.length} findings are`;
    const why = `The film ends at ${formatTime(film.duration ?? 0, 1)}. Correct the times, else no clean copy can be made.`;
    byId("beyond").replaceChildren(...(beyond.length ? [notice(`${what} after the end of the film.`, why, ["Show it", () => this.store.choose(beyond[0].id)])] : []));
  }

  showSaving() {
    const { jobs, blocked, conflicts, isBusy, isTyping } = this.store.saving;
    byId("saved").textContent = isBusy || isTyping ? "Saving…" : jobs.length ? "" : "All decisions are saved.";
    const shown = JSON.stringify([blocked?.message, jobs.map((each) => each.why), conflicts.length]);
    if (shown === this.#shown) return; // whoever hears it hears it once
    this.#shown = shown;
    const parts = [];
    if (blocked) {
      parts.push(notice(`${whatIsNotSaved(jobs)}.`, blocked.status === 0 ? `${jobs.length === 1 ? "It is" : "They are"} saved as soon as the program answers.` : blocked.message, ["Try again", () => this.store.saving.retry()], [jobs.length === 1 ? "Give it up" : "Give them up", () => this.store.saving.discard()]));
    }
    if (conflicts.length) {
      parts.push(notice(`Not saved: ${conflicts[0].jobs[0].why}.`, "Somebody else decided about it, too.", ["Decide", () => this.store.tell("conflict")]));
    }
    byId("unsaved").replaceChildren(...parts);
  }
}

/** @param {import("./saving.js").Job[]} jobs */
export function whatIsNotSaved(jobs) {
  const count = jobs.length === 1 ? "One decision is not saved" : `${jobs.length} decisions are not saved`;
  return `${count}: ${[...new Set(jobs.map((each) => each.why))].slice(0, 5).join(", ")}`;
}

/** @param {string} what @param {string} why @param {...[string, () => void]} buttons */
const notice = (what, why, ...buttons) =>
  element(
    "div",
    { className: "notice problem", role: "alert" },
    element("p", {}, element("b", {}, what), ` ${why}`),
    element("div", { className: "controls" }, ...buttons.map(([text, act]) => element("button", { type: "button", onclick: act }, text))),
  );
