/** What a person is asked before anything is done. */

import { byId, element, plain } from "./elements.js";
import { PICTURE, SOUND, stateOf } from "./segments.js";
import { formatTime } from "./times.js";

/**
 * Ask yes or no.
 * @param {string} heading
 * @param {string[]} lines
 * @param {string} yes what the button says
 * @returns {Promise<boolean>}
 */
export function confirmed(heading, lines, yes) {
  const dialog = byId("question");
  byId("question-heading").textContent = heading;
  byId("question-text").replaceChildren(...lines.map((line) => element("p", {}, line)));
  byId("question-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

/** @param {Record<string, any>} change @returns {string[]} what a person decided, in words */
function wanted(change) {
  const said = [];
  const { allow, start, end, note, category, reviewed, audio_remediation: sound, video_remediation: picture } = change;
  if (allow !== undefined) said.push(allow ? "leave it as it is" : "hide it");
  if (start !== undefined) said.push(`from ${formatTime(start, 3)}`);
  if (end !== undefined) said.push(`to ${formatTime(end, 3)}`);
  if (sound !== undefined) said.push(`sound: ${/** @type {any} */ (SOUND)[sound] ?? "as in the settings"}`);
  if (picture !== undefined) said.push(`picture: ${/** @type {any} */ (PICTURE)[picture] ?? "as in the settings"}`);
  if (category !== undefined) said.push(category);
  if (note !== undefined) said.push(`note: ${note ?? "none"}`);
  if (reviewed !== undefined) said.push(reviewed ? "looked at" : "not looked at");
  return said.length ? said : [/** @type {any} */ ({ split: "split it", merge: "join them", remove: "remove it", restore: "undo what was done" })[change.kind] ?? "change it"];
}

/** @param {Record<string, any>[]} changes @returns {Record<string, any>[]} what comes of them: of two for the same, the later one */
function combined(changes) {
  const sets = new Map();
  for (const each of changes) if (each.kind === "set") sets.set(each.id, { ...sets.get(each.id), ...each });
  return [...sets.values(), ...changes.filter((each) => each.kind !== "set")];
}

/** @param {any} segment */
function stored(segment) {
  const span = `${formatTime(segment.start_time_seconds, 3)} to ${formatTime(segment.end_time_seconds, 3)}`;
  return `${segment.title}: ${stateOf(segment)}, ${span}${segment.note ? `, note: ${segment.note}` : ""}`;
}

/**
 * Ask which of two decisions counts.
 * @param {import("./saving.js").Conflict} conflict
 * @returns {Promise<"mine" | "theirs" | "">} nothing where it was not answered
 */
export function whoseCounts(conflict) {
  const dialog = byId("conflict");
  showBoth(conflict);
  byId("keep-mine").onclick = () => dialog.close("mine");
  byId("keep-theirs").onclick = () => dialog.close("theirs");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }));
}

/** Say what the two decisions are, as far as is known now. @param {import("./saving.js").Conflict} conflict */
export function showBoth({ jobs, stored: theirs }) {
  const [there, changes] = [[...theirs.values()].filter(Boolean), combined(jobs.flatMap((each) => each.changes))];
  const why = [...new Set(jobs.map((each) => each.why))].join(", ");
  byId("conflict-text").textContent = plain(`While you decided about ${why}, another page or program did so, too. Yours is not saved yet.`);
  byId("conflict-both").replaceChildren(
    ...[element("dt", {}, "Theirs, which is saved"), element("dd", {}, there.map(stored).join("; ") || "It is not there any more.")],
    ...[element("dt", {}, "Yours"), element("dd", {}, changes.flatMap(wanted).join(", "))],
  );
  byId("keep-mine").hidden = there.length < theirs.size;
}
