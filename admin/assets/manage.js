// The live tail of the log: new lines are fetched every two seconds while the page is looked at.

const { $, $$, part } = window.panel;

const log = $("#log");
const button = $("#tail");
const MOST = 1000;

if (log && button) {
  button.hidden = false;
  let last = Number($("[data-last]", log)?.dataset.last ?? 0);
  let following = true;
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const end = () => { log.scrollTop = log.scrollHeight; };
  end();
  button.addEventListener("click", () => {
    following = !following;
    button.setAttribute("aria-pressed", String(following));
    button.textContent = following ? button.dataset.stop : button.dataset.goOn;
    if (following) { end(); look(); }
  });
  let asking = false;
  const look = async () => {
    if (!following || asking || document.hidden) return;
    asking = true;
    try {
      const box = document.createElement("div");
      box.innerHTML = await part(`${log.dataset.src}&after=${last}`);
      const fresh = $("[data-last]", box);
      const next = Number(fresh?.dataset.last ?? last);
      // A smaller number is a process that was started anew.
      if (next < last) { location.reload(); return; }
      last = next;
      const stay = !atEnd();
      if (fresh?.children.length) {
        log.append(fresh);
        $("#log-none").hidden = true;
        const lines = $$(".log-line", log);
        lines.slice(0, Math.max(0, lines.length - MOST)).forEach((line) => line.remove());
        if (!stay) end();
      }
    } catch { /* The strip under the top bar tells of a lost connection. */ } finally { asking = false; }
  };
  setInterval(look, 2000);
  document.addEventListener("visibilitychange", look);
}
