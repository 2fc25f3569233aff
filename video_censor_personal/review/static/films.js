/** Which film is looked through, where there are several; and where a film is that was moved. */

import { ask, filmPath, Refused } from "./api.js";
import { byId, element, plain } from "./elements.js";

/** What is wrong with a film where it helps to say where it is. */
const MISPLACED = new Set(["file-gone", "media"]);

const MOST = 500;
/** Films that are listed at once. */

export class FilmChooser {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    byId("open-films").addEventListener("click", () => {
      this.#list();
      byId("films").showModal();
    });
    byId("films-search").addEventListener("input", () => this.#list());
  }

  showName() {
    const { film, films } = this.store;
    byId("film-name").textContent = plain(film.name);
    document.title = plain(`${film.name}: look through what was found`);
    byId("film-counts").textContent = `${counted(film)}.`;
    byId("open-films").hidden = films.length < 2;
    const left = films.filter((each) => each.counts?.to_decide).length;
    byId("open-films").textContent = left ? `Films: ${left} to decide` : `Films: ${films.length}`;
  }

  #list() {
    const wanted = byId("films-search").value.trim().toLowerCase();
    const films = this.store.films.filter((each) => each.name.toLowerCase().includes(wanted));
    const more = films.length - MOST;
    const rest = more > 0 ? [element("li", { className: "quiet" }, `and ${more} more: search for them`)] : [];
    byId("films-list").replaceChildren(...films.slice(0, MOST).map((film) => this.#entry(film)), ...rest);
  }

  /** @param {any} film */
  #entry(film) {
    const told = film.problem ? film.problem.what : counted(film);
    const choose = () => {
      byId("films").close();
      location.hash = film.id;
    };
    const isThis = film.id === this.store.film?.id;
    return element("li", {}, element("button", { type: "button", onclick: choose, "aria-current": isThis }, element("b", {}, film.name), element("span", { className: "quiet" }, told)));
  }

  /** Say what is wrong with the film, and ask where it is. */
  showProblem() {
    const { film, details } = this.store;
    const notices = (details.warnings ?? []).concat(film.warnings ?? []).map((/** @type {string} */ text) => element("p", { className: "notice" }, text));
    if (film.problem) {
      const { what, why, fix } = film.problem;
      notices.unshift(element("div", { className: "notice problem", role: "alert" }, element("p", {}, element("b", {}, `${what}. `), `${why[0].toUpperCase()}${why.slice(1)}. ${fix}.`), MISPLACED.has(film.problem.kind) ? this.#where() : null));
    }
    byId("about-film").replaceChildren(...notices);
  }

  #where() {
    const input = element("input", { type: "text", id: "film-path", autocomplete: "off" });
    const why = element("p", { className: "problem", role: "alert" });
    const send = async (/** @type {boolean} */ anyway) => {
      try {
        await ask(filmPath(this.store.film.id, "film"), { method: "POST", body: { path: input.value, anyway } });
        await this.store.open(this.store.film.id);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        why.textContent = error.message;
        if (error.status === 409) why.append(" ", element("button", { type: "button", onclick: () => send(true) }, "Take it anyway"));
      }
    };
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      send(false);
    };
    return element("form", { className: "controls", onsubmit: submit }, element("label", { className: "grow" }, "Where is the film? ", input), element("button", {}, "Use it"), why);
  }
}

/** @param {any} film @returns {string} how much was found, and what became of it */
function counted(film) {
  if (!film.counts) return "What was found cannot be read";
  const { segments = 0, to_decide = 0, allowed = 0 } = film.counts;
  const said = [segments ? `${segments} found` : "Nothing was found"];
  if (to_decide) said.push(`${to_decide} to decide`);
  const left = allowed - to_decide; // what is to decide is left as it is for the time being
  if (left > 0) said.push(`${left} left as ${left === 1 ? "it is" : "they are"}`);
  return said.join(", ");
}
