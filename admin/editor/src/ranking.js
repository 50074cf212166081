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
