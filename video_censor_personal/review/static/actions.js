/** What buttons and keys do: every action has one name for both. */

import { byId, say } from "./elements.js";
import { comesBefore, stateOf, titleOf } from "./segments.js";
import { formatTime } from "./times.js";

const AROUND = 2;
/** Seconds that are played before and after a finding. */
const PICTURE = 1 / 25;
const PAGE = 10;
const SHORTEST = 1;
/** Seconds of a finding whose end was not marked. */

/** @param {number} time */
const rounded = (time) => Math.round(time * 1000) / 1000;

/**
 * @param {import("./store.js").Store} store
 * @param {import("./player.js").Player} player
 * @returns {Record<string, () => void>}
 */
export function makeActions(store, player) {
  /** Where a new finding begins and ends, if somebody marked that. @type {{in: number | null, out: number | null}} */
  const marks = { in: null, out: null };

  /** @param {(segment: import("./segments.js").Segment) => void} act */
  function withChosen(act) {
    if (store.chosen) act(store.chosen);
    else say("No finding is chosen.");
  }

  /** @param {import("./segments.js").Segment} segment @param {Record<string, any>} fields */
  function decide(segment, fields) {
    store.decide(segment, fields);
    const now = store.segments.get(segment.id);
    if (now) say(`${titleOf(now, store.showWords)}: ${stateOf(now)}${now.reviewed ? "" : ", not looked at"}`);
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

  function add() {
    const start = marks.in ?? rounded(player.time);
    const last = player.duration || start + SHORTEST;
    const end = marks.out !== null && marks.out > start ? marks.out : Math.min(start + SHORTEST, last);
    if (end <= start) return say("The film ends here.");
    const category = store.chosen?.category ?? (store.filter.category || store.categories[0] || "Other");
    [marks.in, marks.out] = [null, null];
    store.change([{ kind: "add", start, end: rounded(end), category }], "New finding");
    say(`A new finding from ${formatTime(start, 1)} to ${formatTime(end, 1)}.`);
  }

  function merge() {
    withChosen((each) => {
      // The filter may have left the chosen one itself out of the list by now.
      const later = store.shown.find((other) => comesBefore(each, other) && other.category === each.category && other.shelf === each.shelf);
      if (!later) return say("No later finding of this category is listed.");
      const both = [each, later].map(({ id, version }) => ({ id, version }));
      store.change([{ kind: "merge", segments: both }], `Join ${each.title} and ${later.title}`);
    });
  }

  /** @param {boolean} value */
  function setAsCopy(value) {
    player.setAsCopy(value);
    say(value ? "As the copy will be." : "As the film is.");
  }

  /** @type {Record<string, () => void>} */
  const actions = {
    toggle: () => player.toggle(),
    back: () => player.seek(player.time - 5),
    forward: () => player.seek(player.time + 5),
    pictureBack: () => player.seek(player.time - PICTURE),
    pictureForward: () => player.seek(player.time + PICTURE),
    previous: () => store.step(-1),
    next: () => store.step(1),
    pageUp: () => store.step(-PAGE),
    pageDown: () => store.step(PAGE),
    none: () => store.choose(null),
    playFinding: () => withChosen((each) => player.playRange(each.start_time_seconds - AROUND, each.end_time_seconds + AROUND)),
    allow: () => withChosen((each) => decide(each, { allow: !each.allow })),
    hide: () => withChosen((each) => decide(each, { allow: false })),
    leave: () => withChosen((each) => decide(each, { allow: true })),
    reviewed: () => withChosen((each) => decide(each, { reviewed: !each.reviewed })),
    beforeAfter: () =>
      withChosen(() => {
        setAsCopy(!player.asCopy);
        actions.playFinding();
      }),
    asCopy: () => setAsCopy(!player.asCopy),
    in: () => setBorder("in", "start"),
    out: () => setBorder("out", "end"),
    add,
    split: () => withChosen((each) => store.change([{ kind: "split", id: each.id, version: each.version, at: rounded(player.time) }], `Split ${each.title}`)),
    merge,
    remove: () => withChosen((each) => store.change([{ kind: "remove", id: each.id, version: each.version }], `Remove ${each.title}`)),
    undo: () => store.undo(),
    redo: () => store.redo(),
    unblur: () => showPictures(byId("unblur").getAttribute("aria-pressed") !== "true"),
    words: () => byId("show-words").click(),
    search: () => byId("filter-text").focus(),
    help: () => byId("help").showModal(),
  };
  return actions;
}

/** Show all pictures, or blur those that somebody would rather not see unasked. @param {boolean} value */
export function showPictures(value) {
  byId("unblur").setAttribute("aria-pressed", String(value));
  document.body.classList.toggle("unblurred", value);
  try {
    sessionStorage.setItem("unblurred", value ? "1" : "");
  } catch {
    // a browser that keeps nothing
  }
}
