// How the pages' modules write: text is only ever text (textContent), with control characters shown.

const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e0fff}]/gu;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const HUES = 8;
const SHAPES = 4;
const encoder = new TextEncoder();

/** Return `text` with every character that hides or reorders as a visible escape. */
export function shown(text) {
  return String(text ?? "").replaceAll("\r\n", "\n").replace(HARMFUL, (sign) => {
    const code = sign.codePointAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** Return `text` harmless and on one line of at most `most` characters. */
export function line(text, most = 300) {
  const whole = shown(String(text ?? "").slice(0, most * 4)).split(/\s+/u).join(" ").trim();
  return whole.length <= most ? whole : `${whole.slice(0, most - 1)}…`;
}

let order = new Map();

/** The ids of a run's people in the order they came: the first ones get colours that differ. */
export function came(ids) {
  order = new Map(ids.map((id, place) => [id, place]));
}

/** Return the classes of a person's colour and shape; `rendering.py` does as this does. */
export function hue(person) {
  const known = order.get(person);
  if (known !== undefined) return `who-${known % HUES} shape-${Math.floor(known / HUES) % SHAPES}`;
  let found = 0x811c9dc5;
  for (const byte of encoder.encode(String(person))) found = Math.imul(found ^ byte, 0x01000193) >>> 0;
  found ^= found >>> 15;
  found >>>= 0;
  return `who-${found % HUES} shape-${Math.floor(found / HUES) % SHAPES}`;
}

/** Return the first letter or digit of a name. */
export function initial(name) {
  return String(name).match(/[\p{L}\p{N}]/u)?.[0].toUpperCase() ?? "·";
}

export function number(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** Return an ISO 8601 time as people read it. */
export function moment(iso) {
  const found = /^(\d+)-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?/.exec(iso ?? "");
  if (!found) return shown(iso);
  const [, year, month, day, clock] = found;
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? month} ${year}${clock ? `, ${clock}` : ""}`;
}

/** Make an element: properties by name (`class`, `text`, `dataset`, else attributes), then its children. */
export function element(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = shown(value);
    else if (name === "dataset") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function svg(tag, given = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(given)) if (value !== undefined && value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A foreign text, kept to its own direction. */
export function text(value, most) {
  const made = document.createElement("bdi");
  made.textContent = most ? line(value, most) : shown(value);
  return made;
}

/** The coloured sign of a person. */
export function sign(id, name) {
  return element("span", { class: `sign ${hue(id)}`, "aria-hidden": "true", text: initial(name || id) });
}

/** The group of an event as it is shown: a thought is told from what is said aloud. */
export function groupOf(row, groups) {
  if (row.type === "action-taken" && row.gist.what === "thinks") return "thought";
  return groups[row.type] ?? "other";
}
