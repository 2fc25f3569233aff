/** Puts the page together: what is chosen, and where the player is, is shown by all parts. */

import { makeActions, showPictures } from "./actions.js";
import { ask, Refused, waveform } from "./api.js";
import { CopyPanel, whatIsNotSaved } from "./copy.js";
import { Details } from "./details.js";
import { byId, element, say } from "./elements.js";
import { FilmChooser } from "./films.js";
import { listenForKeys } from "./keys.js";
import { FindingList } from "./list.js";
import { Player } from "./player.js";
import { confirmed, showBoth, whoseCounts } from "./questions.js";
import { isWord, stateOf, titleOf } from "./segments.js";
import { Store } from "./store.js";
import { Timeline } from "./timeline.js";
import { formatTime } from "./times.js";

const POLL = 1000;
const ALL = 10;
/** Of so many polls one is about all films. */
const NEAR = 0.5;
/** Seconds around something seen that are blurred with it. */

const store = new Store();
const player = new Player(store);
const timeline = new Timeline(store, player);
const copy = new CopyPanel(store);
const films = new FilmChooser(store);
const actions = makeActions(store, player);
const list = new FindingList(store, actions.playFinding);
const details = new Details(store, player, actions);

/** Blur what somebody would rather not see unasked, whatever the list shows of it. */
function blurScreen() {
  const { time, asCopy } = player;
  const isInside = !asCopy && [...store.segments.values()].some((each) => each.start_time_seconds - NEAR <= time && time <= each.end_time_seconds + NEAR && !isWord(each));
  byId("screen").classList.toggle("blurred", isInside);
}

function showTime() {
  const { time, duration, isPlaying, asCopy } = player;
  byId("clock").textContent = `${formatTime(time, 1)} of ${formatTime(duration)}`;
  const slider = byId("position");
  slider.max = String(duration || 1);
  if (document.activeElement !== slider || isPlaying) slider.value = String(time);
  slider.setAttribute("aria-valuetext", formatTime(time));
  byId("play").textContent = isPlaying ? "Pause" : "Play";
  byId("as-copy").setAttribute("aria-pressed", String(asCopy));
  document.body.classList.toggle("as-copy", asCopy);
  if (isPlaying) timeline.follow(time);
  timeline.showPlayhead();
  blurScreen();
}

function showCategories() {
  const found = new Set([...store.segments.values()].map((each) => each.category));
  const { categories } = store;
  const select = byId("filter-category");
  if (document.activeElement !== select) {
    select.replaceChildren(element("option", { value: "" }, "All"), ...categories.map((each) => element("option", { value: each }, each)));
    select.value = store.filter.category;
  }
  byId("legend").replaceChildren(
    ...categories.filter((each) => found.has(each)).map((each) => element("li", {}, element("span", { className: `mark c${store.categoryNumber(each)}`, "aria-hidden": "true" }), each)),
  );
}

/** @type {AbortController | null} */
let measuring = null;
async function loadWave() {
  measuring?.abort();
  const mine = (measuring = new AbortController());
  timeline.wave = null;
  const wave = store.film.path ? await waveform(store.film.id, mine.signal).catch(() => null) : null;
  if (mine.signal.aborted) return;
  timeline.wave = wave;
  timeline.draw();
}

function showFilm() {
  showPlace();
  for (const [id, key] of [["filter-state", "state"], ["filter-text", "text"]]) byId(id).value = /** @type {any} */ (store.filter)[key];
  if (store.chosenId === null && store.shown.length) store.choose((store.shown.find((each) => !each.reviewed) ?? store.shown[0]).id);
  copy.showSaving();
}

/** What is known of the film itself: whether it is there, how it is played. */
function showPlace() {
  films.showName();
  films.showProblem();
  player.show();
  if (store.chosen) player.seek(store.chosen.start_time_seconds);
  timeline.showAll();
  loadWave();
  showFindings();
  copy.show();
}

function showFindings() {
  showCategories();
  const { coverage_lines: lines = [], incomplete } = store.details;
  const places = [store.film.path && `The film: ${store.film.path}`, store.film.copy?.path && `The clean copy: ${store.film.copy.path}`];
  byId("seen-lines").replaceChildren(...[...lines, ...places].filter(Boolean).map((line) => element("li", {}, line)));
  byId("seen-summary").textContent = incomplete?.length ? "Not all of the film was looked at" : "What was looked at";
  copy.showBeyond();
  list.draw();
  details.show();
  timeline.draw();
  byId("undo").disabled = !store.canUndo;
  byId("redo").disabled = !store.canRedo;
}

function showChosen() {
  const segment = store.chosen;
  if (segment) {
    if (!player.isPlaying) player.seek(segment.start_time_seconds);
    timeline.follow(segment.start_time_seconds);
    say(`${titleOf(segment, store.showWords)}, ${segment.category}, ${formatTime(segment.start_time_seconds, 1)}, ${stateOf(segment)}`);
  }
  details.show();
  list.reveal();
  timeline.drawChosen();
}

function refilter() {
  store.filter = { state: byId("filter-state").value, category: byId("filter-category").value, text: byId("filter-text").value.trim().toLowerCase() };
  byId("findings").scrollTop = 0;
  store.arrange();
  say(byId("list-count").textContent);
}

function connect() {
  const buttons = {
    ...{ play: "toggle", back: "back", forward: "forward", "as-copy": "asCopy", unblur: "unblur" },
    ...{ undo: "undo", redo: "redo", previous: "previous", next: "next", "open-help": "help" },
  };
  for (const [id, action] of Object.entries(buttons)) byId(id).addEventListener("click", () => actions[action]());
  byId("mute").addEventListener("click", () => {
    player.muted = !player.muted;
    byId("mute").setAttribute("aria-pressed", String(player.muted));
  });
  byId("position").addEventListener("input", () => player.seek(Number(byId("position").value)));
  byId("zoom-in").addEventListener("click", () => timeline.zoom(0.5));
  byId("zoom-out").addEventListener("click", () => timeline.zoom(2));
  byId("zoom-all").addEventListener("click", () => timeline.showAll());
  for (const id of ["filter-state", "filter-category", "filter-text"]) byId(id).addEventListener("input", refilter);
  byId("filters").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  byId("show-words").addEventListener("change", () => {
    store.showWords = byId("show-words").checked;
    showFindings();
  });
  byId("quit").addEventListener("click", quit);
  listenForKeys(actions);
  player.addEventListener("time", showTime);
  store.addEventListener("film", showFilm);
  store.addEventListener("place", showPlace);
  store.addEventListener("findings", showFindings);
  store.addEventListener("chosen", showChosen);
  store.addEventListener("saving", () => copy.showSaving());
  store.addEventListener("saved", () => player.decided());
  store.addEventListener("state", () => {
    films.showName();
    copy.show();
  });
  store.addEventListener("yielded", () => details.renew());
  store.addEventListener("conflict", askWhose);
  store.addEventListener("learned", () => asked && showBoth(asked));
  store.addEventListener("refused", (/** @type {any} */ event) => {
    const { job, refused } = event.detail;
    tell("refused", `${job.why}: ${refused.message}`);
  });
  window.addEventListener("beforeunload", (event) => {
    if (store.saving.isPending) event.preventDefault();
  });
  // A phone closes pages without asking: what is being typed is on its way before that.
  window.addEventListener("pagehide", () => details.save());
  document.addEventListener("visibilitychange", () => document.hidden && details.save());
  // The link that skips to the findings changes it, too.
  window.addEventListener("hashchange", () => namedFilm() && openFilm());
}

/** @type {import("./saving.js").Conflict | null} about which a person is asked now */
let asked = null;
/** Ask which of two decisions counts; those about other findings that come meanwhile are asked about after it. */
async function askWhose() {
  if (asked) showBoth(asked);
  if (document.querySelector("dialog[open]")) return;
  const [conflict] = store.saving.conflicts;
  if (!conflict) return;
  asked = conflict;
  const answer = await whoseCounts(conflict);
  asked = null;
  if (answer === "mine") store.saving.insist(conflict);
  if (answer === "theirs") store.saving.yieldTo(conflict);
  copy.showSaving();
  if (answer) await askWhose();
}

async function quit() {
  const { saving } = store;
  await hasSettled();
  if (saving.jobs.length && !(await confirmed("Some decisions are not saved", ["They are lost when you leave."], "Leave them"))) return;
  await store.poll(true).catch(() => undefined);
  const runs = store.films.filter((each) => each.copy?.state === "rendering" || each.copy?.state === "waiting");
  if (runs.length && !(await confirmed("A copy is being made", [`It is not finished when you leave: ${runs.map((each) => each.name).join(", ")}.`], "Stop it"))) return;
  hasEnded = true;
  clearTimeout(polling);
  player.pause();
  await hasSettled(); // what could not be saved may have been tried again while somebody read the questions
  const { jobs } = saving;
  if (jobs.length) await saving.discard();
  const refused = await ask("/api/quit", { method: "POST" }).then(() => null, (error) => error);
  showEnd(jobs, refused);
}

/** Wait until nothing is on its way to the disk, or about to be. */
async function hasSettled() {
  while (store.saving.isBusy || store.saving.isTyping) await new Promise((done) => store.addEventListener("saving", done, { once: true }));
}

/**
 * Show nothing any more but how it ended.
 * @param {import("./saving.js").Job[]} lost what was decided, and is given up
 * @param {unknown} refused why the program was not ended, if it was not
 */
function showEnd(lost, refused) {
  if (refused && !(refused instanceof Refused)) throw refused;
  const lines = [lost.length ? `${whatIsNotSaved(lost)}.` : "All decisions are saved."];
  if (refused) lines.push(`${refused.error.what}: ${refused.error.why}. If it still runs in a terminal, end it there by Ctrl-C.`);
  lines.push("This page can be closed.");
  for (const each of document.body.children) /** @type {HTMLElement} */ (each).hidden = true;
  const heading = element("h1", {}, lost.length ? "Not all is saved" : "Done");
  document.body.append(element("main", { className: "ended" }, heading, ...lines.map((line) => element("p", {}, line))));
}

/** @returns {any} the film that the address names, if it names one */
const namedFilm = () => store.films.find((each) => each.id === location.hash.slice(1));

async function openFilm() {
  const wanted = namedFilm() ?? store.films.find((each) => each.counts?.to_decide) ?? store.films[0];
  if (!wanted) {
    byId("film-name").textContent = "There is no film to look through";
    return;
  }
  if (wanted.id !== store.film?.id) await store.open(wanted.id).catch(tellGone);
}

/** Say what went wrong, until the next such thing. @param {string} id @param {string} text */
function tell(id, text) {
  document.getElementById(id)?.remove();
  const close = element("button", { type: "button", onclick: () => byId(id).remove() }, "Close");
  byId("notices").prepend(element("div", { id, className: "notice problem", role: "alert" }, element("p", {}, text), close));
}

/** @param {unknown} error */
function tellGone(error) {
  if (!(error instanceof Refused)) throw error;
  if (byId("gone")?.firstChild.textContent !== error.message) tell("gone", error.message);
}

/** Ask how things stand, and again a second after the answer, which may take longer than that. */
async function poll() {
  try {
    if (document.hidden) return;
    polls += 1;
    await store.poll(polls % ALL === 0);
    document.getElementById("gone")?.remove();
    store.saving.retry();
  } catch (error) {
    tellGone(error);
  } finally {
    if (!hasEnded) polling = window.setTimeout(poll, POLL);
  }
}

connect();
try {
  showPictures(Boolean(sessionStorage.getItem("unblurred")));
} catch {
  // a browser that keeps nothing
}
let polling = 0;
let polls = 0;
let hasEnded = false;
try {
  await store.loadFilms();
  await openFilm();
  polling = window.setTimeout(poll, POLL);
} catch (error) {
  byId("film-name").textContent = "What was found cannot be shown";
  tellGone(error);
}
