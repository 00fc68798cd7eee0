// Nodes, made and changed without markup: what comes from elsewhere is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** Makes an element with attributes and children, which are nodes or texts. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Makes an element of SVG. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Sets attributes; only those that change are touched. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  return node;
}

/** Sets a node's text, if it is another one. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
  return node;
}

function filled(node, attributes, children) {
  set(node, attributes);
  node.append(...children);
  return node;
}
