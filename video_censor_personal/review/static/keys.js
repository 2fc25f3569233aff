/** What keys do; the help names them. They do nothing while somebody writes. */

import { byId, element, isWriting } from "./elements.js";

/** @type {[string[], string, string][]} the keys, the action's name, and what it does */
export const KEYS = [
  [[" "], "toggle", "Play or pause"],
  [["Enter"], "playFinding", "Play the finding, with what is around it"],
  [["ArrowLeft"], "back", "5 seconds back"],
  [["ArrowRight"], "forward", "5 seconds forward"],
  [[","], "pictureBack", "A picture back"],
  [["."], "pictureForward", "A picture forward"],
  [["ArrowUp"], "previous", "The finding before"],
  [["ArrowDown"], "next", "The next finding"],
  [["PageUp"], "pageUp", "A page of findings up"],
  [["PageDown"], "pageDown", "A page of findings down"],
  [["a"], "allow", "Hide it, or leave it as it is"],
  [["r"], "reviewed", "Looked at, or not"],
  [["b"], "beforeAfter", "Play it as it is, then as the copy will be"],
  [["c"], "asCopy", "Show the film as the copy will be"],
  [["i"], "in", "It begins where the player is"],
  [["o"], "out", "It ends where the player is"],
  [["n"], "add", "A new finding"],
  [["s"], "split", "Split it where the player is"],
  [["m"], "merge", "Join it with the next one of its category"],
  [["u"], "undo", "Undo (Ctrl Z too)"],
  [["U"], "redo", "Redo (Ctrl Shift Z too)"],
  [["v"], "unblur", "Show pictures, or blur them"],
  [["w"], "words", "Show words, or mask them"],
  [["/"], "search", "Search"],
  [["Escape"], "none", "Choose no finding"],
  [["?"], "help", "These keys"],
];
const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "PgUp", PageDown: "PgDn", Escape: "Esc", U: "Shift U" };
/** Keys that are not a single character: these stay when single keys are off. */
const ALWAYS = new Set([" ", "Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Escape"]);

/** Keys that may be held down. */
const REPEATED = /^(Arrow|Page|[,.]$)/;
const OFF = "video-censor-letters-off";

/** Whether letters are keys, as this browser was told before. */
function areOn() {
  try {
    return !localStorage.getItem(OFF);
  } catch {
    return true; // a browser that keeps nothing
  }
}

/** @param {boolean} value */
function keep(value) {
  try {
    if (value) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    // a browser that keeps nothing
  }
}

/** @param {Record<string, () => void>} actions */
export function listenForKeys(actions) {
  const isOn = byId("keys-on");
  isOn.checked = areOn();
  isOn.addEventListener("change", () => keep(isOn.checked));
  const named = new Map(KEYS.flatMap(([keys, action]) => keys.map((key) => [key, action])));
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !isWriting(event.target)) {
      event.preventDefault();
      actions[event.shiftKey ? "redo" : "undo"]();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (event.repeat && !REPEATED.test(event.key)) return;
    if (!isOn.checked && !ALWAYS.has(event.key)) return;
    const target = event.target instanceof Element ? event.target : null;
    // A button that has the focus is pressed by these, and a slider is moved.
    if ((event.key === " " || event.key === "Enter") && target?.closest("button, summary, a, input")) return;
    if (event.key.startsWith("Arrow") && target?.closest("input[type=range]")) return;
    const action = named.get(event.key) ?? named.get(event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });
  byId("help-keys").replaceChildren(
    ...KEYS.map(([keys, , what]) => element("div", {}, element("dt", {}, ...keys.map((key) => element("kbd", {}, /** @type {any} */ (NAMES)[key] ?? (key.length === 1 ? key.toUpperCase() : key)))), element("dd", {}, what))),
  );
}
