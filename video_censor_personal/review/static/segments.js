/** What the page makes of a finding: plain functions over the server's segments. */

/**
 * @typedef {object} Segment as the server gives it
 * @property {string} id
 * @property {string} version
 * @property {string} category
 * @property {string} title
 * @property {number} start_time_seconds
 * @property {number} end_time_seconds
 * @property {boolean} allow
 * @property {boolean | null} [reviewed]
 * @property {string} certainty
 * @property {string | null} [note]
 * @property {string | null} [audio_remediation]
 * @property {string | null} [video_remediation]
 * @property {any[]} detections
 * @property {boolean} hand_made
 * @property {{sound: string, picture: string, sound_span: [number, number] | null, picture_span: [number, number] | null}} [effect]
 * @property {"weak" | "retired" | ""} [shelf] where it is kept, if not among what counts
 */

export const SOUND = { silence: "Silence", bleep: "A bleep", duck: "Quieter", sound: "My own sound", reverse: "Backwards", none: "Leave it" };
export const PICTURE = { blank: "Cover it all", box: "A box", mosaic: "Mosaic", blur: "Blur", cut: "Cut it out", none: "Leave it" };
const DONE = {
  ...{ silence: "silent", bleep: "bleeped", duck: "made quieter", sound: "replaced", reverse: "backwards" },
  ...{ blank: "covered", box: "box", mosaic: "mosaic", blur: "blurred", cut: "cut out" },
};

/** @param {Segment} segment */
export const needsDecision = (segment) => segment.certainty === "doubtful" && !segment.reviewed;

/** @param {Segment} segment */
export const isWord = (segment) => segment.detections.some((hit) => hit.text != null);

/** What happens to it, in a word or two. @param {Segment} segment */
export function stateOf(segment) {
  if (segment.shelf === "retired") return "no longer found";
  if (needsDecision(segment)) return "to decide";
  if (segment.allow) return "left as it is";
  const { sound = "none", picture = "none" } = segment.effect ?? {};
  const done = [sound, picture].filter((each) => each !== "none").map((each) => /** @type {any} */ (DONE)[each] ?? each);
  return done.length ? [...new Set(done)].join(", ") : "nothing is done";
}

/**
 * The title, with the words themselves where they are asked for.
 * @param {Segment} segment
 * @param {boolean} withWords
 */
export function titleOf(segment, withWords) {
  const words = segment.detections.map((hit) => hit.text).filter((text) => text != null);
  return withWords && words.length ? [...new Set(words)].join(", ") : segment.title || segment.category;
}

/** Its title, and its category where that is not the same. @param {Segment} segment @param {boolean} withWords */
export function nameOf(segment, withWords) {
  const title = titleOf(segment, withWords);
  return title === segment.category ? title : `${title} · ${segment.category}`;
}

/** @param {Segment} one @param {Segment} other */
const inTime = (one, other) =>
  one.start_time_seconds - other.start_time_seconds || one.end_time_seconds - other.end_time_seconds || (one.id < other.id ? -1 : Number(one.id > other.id));

/** @param {Segment} one @param {Segment} other */
export const comesBefore = (one, other) => inTime(one, other) < 0;

/** @param {Segment[]} segments */
export const byTime = (segments) => segments.sort(inTime);

/**
 * @param {Segment} segment
 * @param {{state: string, category: string, text: string}} filter
 */
export function passes(segment, { state, category, text }) {
  if (category && segment.category !== category) return false;
  const shelf = segment.shelf ?? "";
  if ((state === "weak" || state === "retired" ? state : "") !== shelf) return false;
  if (state === "todo" && !needsDecision(segment)) return false;
  if (state === "hidden" && (segment.allow || needsDecision(segment))) return false;
  if (state === "allowed" && (!segment.allow || needsDecision(segment))) return false;
  if (state === "new" && segment.reviewed) return false;
  if (!text) return true;
  const said = [segment.title, segment.category, segment.note ?? "", ...(segment.detections.flatMap((hit) => [hit.label ?? "", hit.text ?? ""]))];
  return said.some((each) => each.toLowerCase().includes(text));
}
