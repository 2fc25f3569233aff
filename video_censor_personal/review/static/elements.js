/** Making elements. What comes from a file is only ever text here, never markup. */

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] of the element; those with a dash are attributes
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, String(value));
    else if (value !== undefined) /** @type {any} */ (made)[name] = value;
  }
  made.append(...children.filter((child) => child !== null).map((child) => (typeof child === "string" ? plain(child) : child)));
  return made;
}

const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** A text in which signs that turn its direction are to be seen: else a name could pose as another one. @param {string} text */
export const plain = (text) => text.replace(TURNING, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);

/** Say something to those who cannot see it happen. @param {string} text */
export function say(text) {
  byId("spoken").textContent = plain(text);
}

/** Whether a person is writing there. @param {EventTarget | null} target */
export const isWriting = (target) =>
  target instanceof HTMLElement && target.matches("input:not([type=checkbox]):not([type=range]), textarea, select");
