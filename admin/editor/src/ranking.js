// Which of the completions fit what is typed, best first. Pure.

const rank = (label, typed) => {
  const have = label.toLowerCase();
  if (have.startsWith(typed)) return 0;
  const at = have.indexOf(typed);
  if (at > 0) return /[\w\p{L}]/u.test(have[at - 1]) ? 2 : 1;
  let from = 0;
  for (const letter of typed) {
    from = have.indexOf(letter, from) + 1;
    if (!from) return -1;
  }
  return 3;
};

/** The order of the server is kept among those that fit equally well. */
export const fitting = (items, typed) => {
  const wanted = typed.toLowerCase();
  return items.map((item, order) => ({ item, order, rank: rank(item.label, wanted) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .map((one) => one.item);
};

/** Found at most. */
const MOST = 2000;
/** Where words stand in a text: pairs of offsets. */
export const matches = (text, words, exact) => {
  const found = [];
  if (!words) return found;
  // A letter whose other case is longer would move all that follows: such a text is searched as it is.
  const lower = text.toLowerCase();
  const [where, what] = exact || lower.length !== text.length ? [text, words] : [lower, words.toLowerCase()];
  for (let at = where.indexOf(what); at >= 0 && found.length < MOST; at = where.indexOf(what, at + what.length)) found.push([at, at + what.length]);
  return found;
};
