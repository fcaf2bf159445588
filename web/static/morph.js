// Makes `old` look like `fresh` and keeps the nodes that stay: focus and loaded pictures survive. A node with an id stays
// itself: it is found by its id alone and never becomes another. One that leads or sends somewhere is never turned into
// one that leads or sends elsewhere.
const MEANING = ["action", "formaction", "href", "name", "value", "type"];

export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !isReaders(old, name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const byId = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const wantedIds = new Set([...fresh.children].map((child) => child.id));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    while (place?.id && !wantedIds.has(place.id)) place = drop(place);
    const found = wanted.id ? byId.get(wanted.id) : place?.id ? null : place;
    const kept = found && canBecome(found, wanted) ? found : null;
    if (kept && kept === place) place = place.nextSibling;
    else old.insertBefore(kept ?? wanted, place);
    if (kept) morph(kept, wanted);
  }
  while (place) place = drop(place);
}

function canBecome(node, wanted) {
  if (node.nodeName !== wanted.nodeName) return false;
  return node.nodeType !== Node.ELEMENT_NODE || MEANING.every((name) => node.getAttribute(name) === wanted.getAttribute(name));
}

// What a reader has opened stays open.
function isReaders(node, name) {
  return name === "open" && node.nodeName === "DETAILS";
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
