// Where the conversation is scrolled to: a new answer is shown from its first line, and what a client reads stays in place.
"use strict";

/** Messages of the bot with at most so much time between them, in milliseconds, are one answer. */
const TOGETHER = 5000;
/** The client's own message above an answer is shown too unless it is taller, in pixels. */
const OWN = 64;
/** So near to the end, in pixels, it counts as reached. */
const NEAR = 160;
const MARGIN = 8;

/**
 * Follows the messages of `log` in `scroll`. `latest` is the button that leads to the end. A message's time is its box's
 * property `at`, in milliseconds.
 */
export function follow(scroll, log, latest) {
  // Where it was put, and for which answer; a client who scrolls leaves that place.
  let put = -1;
  let answer = null;

  const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
  const isOwn = (box) => box.classList.contains("client");
  const isStaff = (box) => box.classList.contains("staff");
  const isThere = () => answer && Math.abs(scroll.scrollTop - put) < 2;

  // The greeting is a box of several messages.
  const last = (box) => (box?.classList.contains("greeting") ? box.lastElementChild : box);
  const before = (box) => last(box.previousElementSibling
    || (box.parentElement !== log ? box.parentElement.previousElementSibling : null));

  /** The first message of the last answer; null if the client wrote last. */
  function firstOfAnswer() {
    let box = last(log.lastElementChild);
    if (!box || isOwn(box)) return null;
    const goesOn = (one) => !isOwn(one) && isStaff(one) === isStaff(box) && box.at - one.at < TOGETHER;
    for (let one = before(box); one && goesOn(one); one = before(one)) box = one;
    return box;
  }

  function to(place) {
    scroll.scrollTop = place;
    put = scroll.scrollTop;
    offer();
  }

  function toEnd() {
    answer = null;
    to(scroll.scrollHeight);
  }

  function toAnswer(first) {
    answer = first;
    const own = before(first);
    const top = own && isOwn(own) && own.offsetHeight <= OWN ? own : first;
    const place = top.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop - MARGIN;
    to(Math.min(place, scroll.scrollHeight - scroll.clientHeight));
  }

  function offer() {
    const end = isAtEnd();
    if (end) latest.classList.remove("new");
    latest.hidden = end;
  }

  /** Changes the log by `change` and shows the answer that it adds from its first line, unless the client reads elsewhere. */
  function along(change) {
    const end = isAtEnd();
    const there = isThere();
    const known = answer;
    const held = log.lastElementChild;
    change();
    const first = firstOfAnswer();
    if (!first) {
      if (end) toEnd();
    } else if (end || (there && first === known)) {
      toAnswer(first);
    } else if (held !== log.lastElementChild) {
      latest.classList.add("new");
    }
    offer();
  }

  /** Shows the last answer from its first line, or the end. */
  function show() {
    const first = firstOfAnswer();
    if (first) toAnswer(first);
    else toEnd();
  }

  let followed = true;
  scroll.addEventListener("scroll", () => {
    followed = isAtEnd() || Boolean(isThere());
    offer();
  }, { passive: true });
  // A keyboard that opens, or a screen that is turned.
  new ResizeObserver(() => {
    if (!followed) return;
    if (answer?.isConnected) toAnswer(answer);
    else toEnd();
  }).observe(scroll);
  latest.addEventListener("click", () => {
    if (latest.classList.contains("new")) show();
    else toEnd();
    scroll.focus({ preventScroll: true });
  });

  return { along, show, toEnd };
}
