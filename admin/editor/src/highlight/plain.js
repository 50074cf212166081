// A text without a language: only {{values}} have a colour.

export const start = Object.freeze({});

export const line = (text, before, emit) => {
  for (const { index, 0: mark } of text.matchAll(/\{\{[^}]*\}?\}?/g)) emit(index, index + mark.length, "mark");
  return before;
};
