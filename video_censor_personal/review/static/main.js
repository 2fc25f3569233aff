/** Puts the page together: what is chosen is shown by all parts, and every action has one name for its button and its key. */

import { ask, Refused, waveform } from "./api.js";
import { CopyPanel } from "./copy.js";
import { Details } from "./details.js";
import { byId, element, say } from "./elements.js";
import { FilmChooser } from "./films.js";
import { listenForKeys } from "./keys.js";
import { FindingList } from "./list.js";
import { Player } from "./player.js";
import { isWord, stateOf, titleOf } from "./segments.js";
import { Store } from "./store.js";
import { Timeline } from "./timeline.js";
import { formatTime } from "./times.js";

const AROUND = 2;
/** Seconds that are played before and after a finding. */
const POLL = 1000;
const PICTURE = 1 / 25;

const store = new Store();
const player = new Player();
const timeline = new Timeline(store, player);
const copy = new CopyPanel(store);
const films = new FilmChooser(store);
const list = new FindingList(store, () => actions.playFinding());
/** Where a new finding begins and ends, if somebody marked that. @type {{in: number | null, out: number | null}} */
const marks = { in: null, out: null };
let after = false;

/** @type {Record<string, () => void>} */
const actions = {
  toggle: () => player.toggle(),
  back: () => player.seek(player.time - 5),
  forward: () => player.seek(player.time + 5),
  pictureBack: () => player.seek(player.time - PICTURE),
  pictureForward: () => player.seek(player.time + PICTURE),
  previous: () => store.step(-1),
  next: () => store.step(1),
  none: () => store.choose(null),
  playFinding: () => withChosen((each) => player.playRange(each.start_time_seconds - AROUND, each.end_time_seconds + AROUND)),
  allow: () =>
    withChosen((each) => {
      store.decide(each, { allow: !each.allow });
      sayState(each.id);
    }),
  reviewed: () => withChosen((each) => store.decide(each, { reviewed: !each.reviewed })),
  beforeAfter: () =>
    withChosen((each) => {
      after = !after;
      setAsCopy(!after ? false : true);
      actions.playFinding();
    }),
  asCopy: () => setAsCopy(!player.asCopy),
  in: () => setBorder("in", "start"),
  out: () => setBorder("out", "end"),
  add: () => addFinding(),
  split: () => withChosen((each) => store.change([{ kind: "split", id: each.id, version: each.version, at: rounded(player.time) }], `Split ${each.title}`)),
  merge: () => mergeWithNext(),
  remove: () => withChosen((each) => store.change([{ kind: "remove", id: each.id, version: each.version }], `Remove ${each.title}`)),
  undo: () => store.undo(),
  redo: () => store.redo(),
  unblur: () => setUnblurred(byId("unblur").getAttribute("aria-pressed") !== "true"),
  words: () => byId("show-words").click(),
  search: () => byId("filter-text").focus(),
  help: () => byId("help").showModal(),
};
const details = new Details(store, player, actions);

/** @param {number} time */
const rounded = (time) => Math.round(time * 1000) / 1000;

/** @param {(segment: import("./segments.js").Segment) => void} act */
function withChosen(act) {
  if (store.chosen) act(store.chosen);
  else say("No finding is chosen.");
}

/** @param {string} id */
function sayState(id) {
  const segment = store.segments.get(id);
  if (segment) say(`${titleOf(segment, store.showWords)}: ${segment.allow ? "left as it is" : "hidden"}`);
}

/** @param {"in" | "out"} mark @param {"start" | "end"} border */
function setBorder(mark, border) {
  const [at, segment] = [rounded(player.time), store.chosen];
  if (!segment) {
    marks[mark] = at;
    say(`A new finding ${mark === "in" ? "begins" : "ends"} at ${formatTime(at, 1)}.`);
    return;
  }
  const length = border === "start" ? segment.end_time_seconds - at : at - segment.start_time_seconds;
  if (length <= 0) return say("The end must be after the beginning.");
  store.decide(segment, { [border]: at });
  say(`It ${border === "start" ? "begins" : "ends"} at ${formatTime(at, 1)}.`);
}

function addFinding() {
  const start = marks.in ?? rounded(player.time);
  const end = marks.out !== null && marks.out > start ? marks.out : Math.min(start + 1, player.duration || start + 1);
  const category = store.chosen?.category ?? (store.filter.category || store.choices.categories[0] || "Other");
  [marks.in, marks.out] = [null, null];
  store.change([{ kind: "add", start, end, category }], "New finding");
  say(`A new finding from ${formatTime(start, 1)} to ${formatTime(end, 1)}.`);
}

function mergeWithNext() {
  withChosen((each) => {
    const later = store.shown.slice(store.shown.indexOf(each) + 1).find((other) => other.category === each.category && other.shelf === each.shelf);
    if (!later) return say("There is no later finding of this category.");
    const both = [each, later].map(({ id, version }) => ({ id, version }));
    store.change([{ kind: "merge", segments: both }], `Join ${each.title} and ${later.title}`);
  });
}

/** @param {boolean} value */
function setAsCopy(value) {
  after = value;
  player.cuts = store.shown.filter((each) => !each.allow && each.effect?.picture === "cut" && each.effect.picture_span).map((each) => /** @type {any} */ (each.effect).picture_span);
  if (player.asCopy !== value) player.setAsCopy(value);
  byId("as-copy").setAttribute("aria-pressed", String(value));
  document.body.classList.toggle("as-copy", value);
  say(value ? "As the copy will be." : "As the film is.");
}

/** @param {boolean} value */
function setUnblurred(value) {
  byId("unblur").setAttribute("aria-pressed", String(value));
  document.body.classList.toggle("unblurred", value);
  try {
    sessionStorage.setItem("unblurred", value ? "1" : "");
  } catch {
    // a browser that keeps nothing
  }
}

/** Blur what somebody would rather not see unasked. */
function blurScreen() {
  const time = player.time;
  const inside = store.shown.some((each) => !isWord(each) && each.start_time_seconds - 0.5 <= time && time <= each.end_time_seconds + 0.5);
  byId("screen").classList.toggle("blurred", inside && !player.asCopy);
}

function showTime() {
  const [time, duration] = [player.time, player.duration];
  byId("clock").textContent = `${formatTime(time, 1)} of ${formatTime(duration)}`;
  const slider = byId("position");
  slider.max = String(duration || 1);
  if (document.activeElement !== slider || player.isPlaying) slider.value = String(time);
  slider.setAttribute("aria-valuetext", formatTime(time));
  const play = byId("play");
  play.textContent = player.isPlaying ? "Pause" : "Play";
  play.setAttribute("aria-pressed", String(player.isPlaying));
  if (player.isPlaying) timeline.follow(time);
  blurScreen();
  timeline.draw();
}

function showCategories() {
  const { categories } = store.choices;
  const select = byId("filter-category");
  select.replaceChildren(element("option", { value: "" }, "All"), ...categories.map((/** @type {string} */ each) => element("option", { value: each }, each)));
  select.value = store.filter.category;
  byId("legend").replaceChildren(...categories.map((/** @type {string} */ each) => element("li", {}, element("span", { className: `mark c${store.categoryNumber(each)}`, "aria-hidden": "true" }), each)));
}

/** @type {AbortController | null} */
let measuring = null;
async function loadWave() {
  measuring?.abort();
  measuring = new AbortController();
  timeline.wave = null;
  const wave = store.film.path ? await waveform(store.film.id, measuring.signal).catch(() => null) : null;
  timeline.wave = wave;
  timeline.draw();
}

function showFilm() {
  films.showName();
  films.showProblem();
  player.show(store.film);
  setAsCopy(false);
  showCategories();
  for (const [id, key] of [["filter-state", "state"], ["filter-text", "text"]]) byId(id).value = /** @type {any} */ (store.filter)[key];
  byId("seen-lines").replaceChildren(...(store.details.coverage_lines ?? []).map((/** @type {string} */ line) => element("li", {}, line)));
  byId("seen-summary").textContent = store.details.incomplete?.length ? "Not all of the film was looked at" : "What was looked at";
  timeline.showAll();
  loadWave();
  if (store.chosenId === null && store.shown.length) store.choose((store.shown.find((each) => !each.reviewed) ?? store.shown[0]).id);
  showChosen();
  copy.show();
  copy.showSaving();
}

function showChosen() {
  details.show();
  list.reveal();
  timeline.draw();
}

function connect() {
  const buttons = { play: "toggle", back: "back", forward: "forward", "as-copy": "asCopy", unblur: "unblur", undo: "undo", redo: "redo", "open-help": "help" };
  for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", () => actions[action]());
  byId("mute").addEventListener("click", () => {
    player.muted = !player.muted;
    byId("mute").setAttribute("aria-pressed", String(player.muted));
  });
  byId("position").addEventListener("input", () => player.seek(Number(byId("position").value)));
  byId("zoom-in").addEventListener("click", () => timeline.zoom(0.5));
  byId("zoom-out").addEventListener("click", () => timeline.zoom(2));
  byId("zoom-all").addEventListener("click", () => timeline.showAll());
  const refilter = () => {
    store.filter = { state: byId("filter-state").value, category: byId("filter-category").value, text: byId("filter-text").value.trim().toLowerCase() };
    byId("findings").scrollTop = 0;
    store.arrange();
  };
  byId("filters").addEventListener("input", refilter);
  byId("filters").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  byId("show-words").addEventListener("change", () => {
    store.showWords = byId("show-words").checked;
    showChosen();
  });
  byId("quit").addEventListener("click", quit);
  listenForKeys(actions);
  player.addEventListener("time", showTime);
  store.addEventListener("film", showFilm);
  store.addEventListener("findings", () => {
    list.draw();
    details.show();
    timeline.draw();
    byId("undo").disabled = !store.canUndo;
    byId("redo").disabled = !store.canRedo;
  });
  store.addEventListener("chosen", () => {
    const segment = store.chosen;
    if (segment && Math.abs(player.time - segment.start_time_seconds) > 0.01 && !player.isPlaying) player.seek(segment.start_time_seconds);
    if (segment) timeline.follow(segment.start_time_seconds);
    if (segment) say(`${titleOf(segment, store.showWords)}, ${segment.category}, ${formatTime(segment.start_time_seconds, 1)}, ${stateOf(segment)}`);
    showChosen();
  });
  store.addEventListener("saving", () => {
    copy.showSaving();
    if (!store.isSaving) player.decided();
  });
  store.addEventListener("state", () => {
    films.showName();
    copy.show();
  });
  store.addEventListener("conflict", (/** @type {any} */ event) => ask2(event.detail));
  window.addEventListener("beforeunload", (event) => {
    if (store.isSaving || store.failed.length) event.preventDefault();
  });
  window.addEventListener("hashchange", () => openFilm());
}

/** Ask which of two decisions counts. @param {{job: any, refused: Refused}} conflict */
function ask2({ job, refused }) {
  const dialog = byId("conflict");
  const theirs = refused.segments.map((each) => `${each.title}: ${stateOf(each)}, ${formatTime(each.start_time_seconds, 1)} to ${formatTime(each.end_time_seconds, 1)}`);
  byId("conflict-text").textContent = refused.message;
  byId("conflict-both").replaceChildren(
    ...[element("dt", {}, "Theirs, saved already"), element("dd", {}, theirs.join("; ") || "It is not there any more.")],
    ...[element("dt", {}, "Yours"), element("dd", {}, job.why)],
  );
  byId("keep-mine").hidden = refused.segments.length === 0;
  byId("keep-mine").onclick = () => {
    dialog.close();
    store.insist(job, refused);
  };
  byId("keep-theirs").onclick = () => {
    dialog.close();
    store.yieldTo(job, refused);
  };
  dialog.showModal();
}

async function quit() {
  if (store.failed.length && !window.confirm("Some decisions are not saved. Leave them?")) return;
  await ask("/api/quit", { method: "POST" }).catch(() => undefined);
  clearInterval(polling);
  player.pause();
  document.body.replaceChildren(element("main", { className: "ended" }, element("h1", {}, "Done"), element("p", {}, "All decisions are saved. This page can be closed.")));
}

async function openFilm() {
  const wanted = store.films.find((each) => each.id === location.hash.slice(1)) ?? store.films.find((each) => each.counts?.to_decide) ?? store.films[0];
  if (!wanted) {
    byId("film-name").textContent = "There is no film to look through";
    return;
  }
  if (wanted.id !== store.film?.id) await store.open(wanted.id);
}

/** @param {unknown} error */
function tellGone(error) {
  if (!(error instanceof Refused)) throw error;
  if (!byId("gone")) byId("notices").prepend(element("p", { id: "gone", className: "notice problem", role: "alert" }, error.message));
}

let hadMedia = false;
async function poll() {
  if (document.hidden) return;
  try {
    await store.poll();
    document.getElementById("gone")?.remove();
    const has = Boolean(store.film?.media);
    if (has && !hadMedia) {
      player.show(store.film);
      if (store.chosen) player.seek(store.chosen.start_time_seconds);
    }
    hadMedia = has;
  } catch (error) {
    tellGone(error);
  }
}

connect();
try {
  if (sessionStorage.getItem("unblurred")) setUnblurred(true);
} catch {
  // a browser that keeps nothing
}
let polling = 0;
try {
  await store.loadFilms();
  await openFilm();
  hadMedia = Boolean(store.film?.media);
  polling = window.setInterval(poll, POLL);
} catch (error) {
  byId("film-name").textContent = "What was found cannot be shown";
  tellGone(error);
}
