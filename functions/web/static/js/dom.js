// A tiny DOM builder. Text only ever becomes a text node, so nothing read from a CRM can become
// markup; there is no way to pass HTML in.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("a.button.quiet", { href: "#/" }, "Back")`. See `assign` for the properties. */
export function h(selector, properties, ...children) {
  const [tag, ...classes] = selector.split(".");
  return build(document.createElement(tag || "div"), classes, properties, children);
}

/** The same for SVG. */
export function svg(selector, properties, ...children) {
  const [tag, ...classes] = selector.split(".");
  return build(document.createElementNS(SVG, tag), classes, properties, children);
}

function build(element, classes, properties, children) {
  if (classes.length) element.classList.add(...classes);
  if (isProperties(properties)) assign(element, properties);
  else children.unshift(properties);
  append(element, children);
  return element;
}

function isProperties(value) {
  return value?.constructor === Object;
}

/** Functions become listeners, `class` adds to the classes, null and false are left out. */
function assign(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "class") element.classList.add(...value.split(" ").filter(Boolean));
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Put `children` in place of whatever `element` held. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Move the focus to `element`, even one that cannot be tabbed to. False when there is none. */
export function focusOn(element) {
  if (!element) return false;
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  return true;
}

/**
 * Draw `element` anew with `draw()`. Whoever had the focus inside keeps it on what has the same
 * name now, or on the heading: a keyboard never falls back to the top of the page.
 */
export function redraw(element, draw) {
  const before = element.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  draw();
  if (before === null) return;
  const same = [...element.querySelectorAll("a, button, input, select, [tabindex]")]
    .find((candidate) => nameOf(candidate) === before);
  focusOn(same ?? element.querySelector("h1, h2") ?? element);
}

const nameOf = (element) =>
  `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent}`;

let count = 0;

/** An id no other element has, for labels and descriptions. */
export function uniqueId(prefix = "id") {
  count += 1;
  return `${prefix}-${count}`;
}

/** `url` if a browser may safely follow it, else null: a CRM's data is not trusted with a scheme. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return ["https:", "http:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}
