// The nodes of a flow, as they look: also where the text does not parse. Pure.

/** `{ name, line }` of every entry under the key `nodes`, in order. */
export const nodes = (text) => {
  const found = [];
  let depth = -1;
  text.split("\n").forEach((line, at) => {
    if (/^\s*(#|$)/.test(line)) return;
    const indent = line.search(/\S/);
    if (indent === 0) { depth = /^nodes\s*:/.test(line) ? 0 : -1; return; }
    if (depth < 0) return;
    if (depth === 0) depth = indent;
    const name = indent === depth && /^\s*(?:"([^"]+)"|'([^']+)'|([^\s:#{[][^:#]*?))\s*:(?:\s|$)/.exec(line);
    if (name) found.push({ name: name[1] ?? name[2] ?? name[3], line: at + 1 });
  });
  return found;
};
