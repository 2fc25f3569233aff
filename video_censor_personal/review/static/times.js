/** Times in a film, as people write them. */

/**
 * @param {number} seconds
 * @param {number} [decimals] of the seconds
 * @returns {string} such as 1:02:03.456, or 2:03
 */
export function formatTime(seconds, decimals = 0) {
  const unit = 10 ** decimals;
  let rest = Math.round(Math.max(0, seconds) * unit);
  const fraction = decimals ? `.${String(rest % unit).padStart(decimals, "0")}` : "";
  rest = Math.floor(rest / unit);
  const [hours, minutes, whole] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return (hours ? `${hours}:${two(minutes)}` : String(minutes)) + `:${two(whole)}${fraction}`;
}

/**
 * @param {string} text such as 1:02:03.4, 2:03 or 83.5
 * @returns {number | null} seconds; null where it is no time
 */
export function parseTime(text) {
  const found = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)$/.exec(text.trim());
  if (!found) return null;
  const seconds = Number(found[3].replace(",", "."));
  if (found[2] !== undefined && seconds >= 60) return null;
  if (found[1] !== undefined && Number(found[2]) >= 60) return null;
  return Number(found[1] ?? 0) * 3600 + Number(found[2] ?? 0) * 60 + seconds;
}
