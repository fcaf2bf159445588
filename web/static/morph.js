// Makes `old` look like `fresh` and keeps the nodes that stay, by their ids: focus and loaded pictures survive.
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const byId = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const wantedIds = new Set([...fresh.children].map((child) => child.id));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    while (place?.id && !wantedIds.has(place.id)) place = drop(place);
    const kept = wanted.id ? byId.get(wanted.id) : alike(place, wanted) ? place : null;
    if (kept && kept === place) place = place.nextSibling;
    else old.insertBefore(kept ?? wanted, place);
    if (kept) morph(kept, wanted);
  }
  while (place) place = drop(place);
}

function alike(place, wanted) {
  return place && !place.id && place.nodeType === wanted.nodeType && place.nodeName === wanted.nodeName;
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
