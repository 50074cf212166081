import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import { Browser } from "./browser.js";
import { Fake } from "./page.js";

const YAML = `find:
  search:
    query: "{{message.text}}"
    limit: 5
    filter: "price <= slots.budget"
  next: { found: offer, empty: not_found }

offer:
  say: |
    Here is {{offer}}
  # A note
`;

let browser;
let server;
const text = () => browser.run("editors[0].text()");
const saved = () => browser.until("/^Saved/.test($('[data-saved]').textContent)");
const go = (line, column = 1) => browser.run(`editors[0].go(${line}, ${column})`);
const open = async (file = "consultant.yaml") => { await browser.visit(`${server.address}/edit?file=${file}`); };

before(async () => { browser = await Browser.start(); });
after(async () => { await browser?.stop(); });
beforeEach(async (context) => {
  if (!browser) { context.skip("no Chromium"); return; }
  server?.stop();
  server = await new Fake({ "consultant.yaml": YAML, "other.yaml": "old: budgett\n", "offer.md": "# Offer\n\nSay {{facts}} in **two** lines.\n" }).start();
  browser.complaints.length = 0;
  await browser.offline(false);
});
const check = (name, what) => test(name, async (context) => {
  if (!browser) { context.skip("no Chromium"); return; }
  await what();
  assert.deepEqual(browser.complaints, [], "nothing is refused by the policy, no script fails");
});
after(() => server?.stop());

const serious = async () => JSON.parse(await browser.run("axe.run(document, { resultTypes: ['violations'] }).then((result) => JSON.stringify(result.violations.map((one) => `${one.impact}: ${one.id} ${one.nodes.map((node) => node.target.join(' ')).join(' | ')}`)))")).filter((one) => /^(serious|critical)/.test(one));

check("the text is shown with colours under the panel's policy, and the field gives way", async () => {
  await open();
  assert.equal(await text(), YAML);
  await browser.until("root().querySelectorAll('.t-key').length > 5");
  assert.deepEqual(await browser.run("[$('textarea').hidden, $('[data-plain]').hidden, document.querySelectorAll('style, [style]').length, root().querySelectorAll('style').length]"), [true, true, 0, 0]);
  assert.match(await browser.run("getComputedStyle(root().querySelector('.t-key')).color"), /rgb\(24, 76, 168\)/);
  assert.ok(await browser.run("root().querySelector('.cm-editor').clientHeight > 100"));
  assert.equal(await browser.run("root().querySelector('.cm-content').getAttribute('aria-label')"), "consultant.yaml");
});

check("what is typed is checked, fixed by one press and saved by itself", async () => {
  await open();
  await go(5, 28);
  await browser.press("End");
  await browser.press("ArrowLeft");
  await browser.type("t");
  await browser.until("root().querySelector('.lens')?.textContent.includes('There is no slot budgett')");
  assert.ok(await browser.run("root().querySelector('.is-error').textContent === 'budgett' && root().querySelector('.cm-found .error')"));
  assert.match(await browser.run("$('[data-problems]').innerText"), /There is no slot budgett[\s\S]*Did you mean budget/);
  assert.match(await browser.run("$('[data-problems-total]').textContent"), /^2.errors$/);
  assert.match(await browser.run("$('[data-file-count]').textContent"), /^1.error$/);
  await browser.photograph("diagnostics");
  await saved();
  await browser.run("$('[data-problems] button').click()");
  await browser.until("!root().querySelector('.lens')");
  assert.equal(await text(), YAML);
  await saved();
  await browser.until("!$('[data-problems]').innerText.includes('5:')");
  assert.equal(server.text("consultant.yaml"), YAML);
});

check("F8 goes from problem to problem and Ctrl+. fixes", async () => {
  server.put("consultant.yaml", `a: budgett\nb: 1\nc: old_quote\nd: budgett\n`);
  await open();
  await browser.until("root().querySelectorAll('.lens').length === 3");
  await go(2);
  for (const line of [3, 4, 1]) { await browser.press("F8"); assert.match(await browser.run("$('[data-where]').textContent"), new RegExp(`^Line ${line},`)); }
  assert.match(await browser.run("$('#announce').textContent"), /Error: There is no slot/);
  await browser.press("Shift+F8");
  assert.match(await browser.run("$('[data-where]').textContent"), /^Line 4,/);
  await browser.press("Control+Period");
  await browser.until("editors[0].text().endsWith('d: budget\\n')");
});

check("a fix in another file is made there", async () => {
  await open();
  await browser.until("$('[data-problems]').innerText.includes('other.yaml')");
  await browser.run("$('[data-problems] button').click()");
  await browser.until("$('[data-problems]').innerText.includes('No problems')");
  assert.equal(server.text("other.yaml"), "old: budget\n");
});

check("completion opens as one types and by Ctrl+Space, and is chosen by keys", async () => {
  await open();
  await go(7);
  await browser.press("KeyB");
  await browser.until("root().querySelectorAll('.complete li').length === 2");
  await browser.photograph("completion");
  await browser.press("ArrowDown");
  assert.equal(await browser.run("root().querySelector('[aria-selected=true] .label').textContent"), "brand");
  assert.equal(await browser.run("root().getElementById(root().querySelector('.cm-content').getAttribute('aria-activedescendant')).textContent.includes('brand')"), true);
  await browser.press("Enter");
  await browser.until("editors[0].text().split('\\n')[6] === 'brand'");
  await browser.press("Enter");
  await browser.press("Control+Space");
  await browser.until("root().querySelectorAll('.complete li').length === 3");
  await browser.press("Escape");
  await browser.until("!root().querySelector('.complete')");
  assert.equal(await browser.run("document.activeElement === root().host"), true);
});

check("Ctrl+I explains the word at the cursor", async () => {
  await open();
  await go(4, 6);
  await browser.press("Control+KeyI");
  await browser.until("root().querySelector('.about')?.textContent.includes('How many rows')");
  assert.equal(await browser.run("$('#announce').textContent"), "limit. How many rows at most.");
});

check("Escape, then Tab leaves the text; Tab alone indents; letters are no keys of the page", async () => {
  await open();
  await go(1);
  await browser.press("Tab");
  assert.equal((await text()).split("\n")[0], "  find:");
  await browser.press("Shift+Tab");
  assert.equal((await text()).split("\n")[0], "find:");
  await browser.type("?");
  await browser.press("KeyG");
  assert.equal(await browser.run("$('#keys').matches(':popover-open')"), false);
  await browser.press("Escape");
  await browser.press("Escape");
  await browser.press("Tab");
  assert.notEqual(await browser.run("document.activeElement === root().host"), true);
});

check("Enter keeps the indentation and goes deeper after a key without a value", async () => {
  await open();
  await browser.press("KeyX");
  await go(1);
  await browser.press("End");
  await browser.press("Enter");
  await browser.type("a: 1");
  await browser.press("Enter");
  await browser.type("- b: 1");
  await browser.press("Enter");
  await browser.type("c: 2");
  assert.deepEqual((await text()).split("\n").slice(0, 4), ["find:", "  a: 1", "  - b: 1", "    c: 2"]);
});

check("without a connection the text is kept, and saved when it is back, also after a return", async () => {
  await open();
  server.down = true;
  await go(7);
  await browser.type("kept: 1");
  await browser.until("$('[data-saved]').textContent.startsWith('No connection')");
  await browser.photograph("offline");
  server.down = false;
  await saved();
  assert.match(server.text("consultant.yaml"), /kept: 1/);
  // Left before it could be saved.
  server.down = true;
  await browser.type("2");
  await browser.until("$('[data-saved]').textContent.startsWith('No connection')");
  await browser.call("Page.navigate", { url: "about:blank" });
  await browser.until("location.href === 'about:blank'");
  server.down = false;
  server.put("consultant.yaml", server.text("consultant.yaml").replace("# A note", "# Another note"));
  await open();
  await browser.until("editors[0].text().includes('kept: 12') && editors[0].text().includes('# Another note')");
  await saved();
  assert.match(server.text("consultant.yaml"), /kept: 12[\s\S]*# Another note/);
});

check("others' changes of other lines come in as one types, and the cursor and the history stay", async () => {
  await open();
  await go(7);
  await browser.press("KeyM");
  await browser.press("Escape");
  await saved();
  server.people = [{ name: "Oleg", file: "consultant.yaml", line: 1 }, { name: "Mila", file: "offer.md", line: 3 }];
  server.put("consultant.yaml", `# First\n${server.text("consultant.yaml")}`);
  await browser.until("editors[0].text().startsWith('# First')");
  assert.match(await browser.run("$('[data-where]').textContent"), /^Line 8, column 2/);
  await browser.until("root().querySelector('.person')?.textContent === 'Oleg is here'");
  assert.match(await browser.run("$('[data-people]').innerText"), /Oleg line 1[\s\S]*Mila in offer.md, line 3/);
  await browser.photograph("people");
  await browser.press("Control+KeyZ");
  assert.equal(await text(), `# First\n${YAML}`, "only one's own letter is undone");
  await saved();
});

check("a save brings what somebody else saved meanwhile", async () => {
  await open();
  await go(7);
  server.put("consultant.yaml", YAML.replace("limit: 5", "limit: 7"));
  await browser.type("mine: 1");
  await browser.press("Control+KeyS");
  await browser.until("editors[0].text().includes('limit: 7') && editors[0].text().includes('mine: 1')");
});

check("the same line shows both versions, and the merged text is saved by hand", async () => {
  await open();
  server.put("consultant.yaml", YAML.replace("limit: 5", "limit: 7"));
  await go(4, 14);
  await browser.press("End");
  await browser.type("0");
  await browser.press("Control+KeyS");
  await browser.until("$('.conflict')");
  assert.match(await browser.run("$('.conflict').innerText"), /Two people changed the same text[\s\S]*Oleg saved[\s\S]*limit: 7[\s\S]*Yours[\s\S]*limit: 50/);
  for (const [width, height] of [[1440, 900], [390, 844]]) { await browser.screen(width, height); await browser.photograph(`conflict-${width}`); }
  if (process.env.TOLMACH_TEST_AXE) {
    await browser.call("Runtime.evaluate", { expression: await readFile(process.env.TOLMACH_TEST_AXE, "utf8") });
    assert.deepEqual(await serious(), []);
  }
  await browser.screen(1440, 900);
  assert.equal(await browser.run("$('.conflict .primary').getAttribute('aria-disabled')"), "true");
  await browser.run("$('.conflict .editor-view').shadowRoot.querySelectorAll('.choice button')[2].click()");
  await browser.until("$('.conflict .primary').getAttribute('aria-disabled') === 'false'");
  await browser.press("Control+KeyS");
  await browser.until("!$('.conflict')");
  assert.match(server.text("consultant.yaml"), /limit: 50\n {4}limit: 7\n/);
  assert.equal(await text(), server.text("consultant.yaml"));
  await saved();
});

check("undo goes on at the server when the text has nothing to undo", async () => {
  await open();
  server.save({ file: "other.yaml", base: server.revision, text: "old: 1\n" });
  await browser.run("document.querySelector('button[data-undo]').click()");
  await browser.until("$('#toasts').innerText.includes('The last change is undone: other.yaml')");
  assert.equal(server.text("other.yaml"), "old: budgett\n");
});

check("redo takes what was undone last, in the text or at the server, the last first", async () => {
  await open();
  const before = server.text("consultant.yaml");
  server.save({ file: "other.yaml", base: server.revision, text: "old: 1\n" });
  await go(7);
  await browser.type("b: 2");
  await saved();
  await browser.press("Control+KeyZ");
  await saved();
  assert.equal(await text(), before);
  server.undos = [{ file: "other.yaml", text: "old: budgett\n" }];
  await browser.press("Control+KeyZ");
  await browser.until("$('#toasts').innerText.includes('The last change is undone: other.yaml')");
  // What was undone at the server is the last, so it comes first although the text has something to redo as well.
  await browser.press("Control+KeyY");
  await browser.until("$('#toasts').innerText.includes('The last change is done again: other.yaml')");
  assert.equal(server.text("other.yaml"), "old: 1\n");
  assert.equal(await text(), before);
  await browser.press("Control+Shift+KeyZ");
  await browser.until("editors[0].text().includes('b: 2')");
  await saved();
  await browser.run("$('button[data-redo]').click()");
  await browser.until("$('#toasts').innerText.includes('Nothing to redo')");
});

check("undoing lines that others changed since shows both versions", async () => {
  await open();
  const theirs = server.text("consultant.yaml");
  server.undo = () => ({ status: 409, body: { file: "consultant.yaml", base_text: "a: 1\n", mine: "a: 0\n", theirs, merged: `<<<<<<< yours\na: 0\n=======\n${theirs}>>>>>>> Oleg\n`, by: "Oleg", revision: server.revision } });
  await browser.run("document.querySelector('button[data-undo]').click()");
  await browser.until("$('.conflict')");
  assert.match(await browser.run("$('.conflict').innerText"), /Saved by Oleg/);
  await browser.run("$('.conflict .editor-view').shadowRoot.querySelectorAll('.choice button')[1].click()");
  await browser.press("Control+KeyS");
  await browser.until("!$('.conflict')");
  assert.equal(server.text("consultant.yaml"), theirs);
});

check("a login that ended is said with the way in, and a refusal with its reason", async () => {
  await open();
  await go(7);
  await browser.type("refuse me");
  await browser.until("$('[data-saved]').textContent === 'Too odd'");
  await browser.press("Control+KeyZ");
  await saved();
  server.ended = true;
  await browser.type("x");
  await browser.until("$('[data-saved] a')?.getAttribute('href').startsWith('/admin/login?next=')");
  server.ended = false;
  await browser.press("Control+KeyS");
  await saved();
});

check("a text that may only be read says so and is not changed", async () => {
  server.readonly = true;
  await open();
  await go(1);
  await browser.type("x");
  assert.equal(await text(), YAML);
  assert.match(await browser.run("root().querySelector('.cm-content').getAttribute('aria-description')"), /not change/);
  server.put("consultant.yaml", `# theirs\n${YAML}`);
  await browser.until("editors[0].text().startsWith('# theirs')");
  assert.equal(server.saves.length, 0);
});

check("the words are the reader's", async () => {
  server.language = "ru";
  await open();
  await go(7);
  await browser.type("budgett");
  await browser.until("/^2.ошибки$/.test($('[data-problems-total]').textContent)");
  assert.match(await browser.run("$('[data-where]').textContent"), /^Строка 7, столбец 8$/);
  await browser.until("$('[data-saved]').textContent.startsWith('Сохранено')");
});

check("a draft that was closed meanwhile is said, and the text stays", async () => {
  await open();
  server.closed = true;
  await go(7);
  await browser.type("late: 1");
  await browser.until("$('[data-saved]').textContent === 'The draft was published already'");
  assert.match(await text(), /late: 1/);
});

check("the tests are run by Ctrl+Enter after everything is saved", async () => {
  await open();
  await browser.run("$('#run').addEventListener('click', () => { window.ran = editors[0].text(); })");
  await go(7);
  await browser.type("r: 1");
  await browser.press("Control+Enter");
  await browser.until("window.ran?.includes('r: 1')");
  assert.match(server.text("consultant.yaml"), /r: 1/);
});

check("words are found and replaced by keys", async () => {
  await open("offer.md");
  await go(1);
  await browser.press("Control+KeyF");
  await browser.until("root().activeElement?.closest('.find')");
  await browser.type("O");
  await browser.until("root().querySelector('.count').textContent === '– of 2'");
  await browser.press("Enter");
  await browser.until("root().querySelector('.count').textContent === '1 of 2'");
  await browser.photograph("search");
  await browser.press("Enter");
  await browser.until("root().querySelector('.count').textContent === '2 of 2'");
  await browser.run("root().querySelector('.find input[type=checkbox]').click()");
  await browser.until("root().querySelector('.count').textContent === '– of 1'");
  await browser.run("root().querySelectorAll('.find .field')[1].focus()");
  await browser.type("Better o");
  await browser.run("[...root().querySelectorAll('.find button')].find((one) => one.textContent === 'Replace all').click()");
  assert.match(await text(), /^# Better offer/);
  await browser.run("root().querySelector('.find .field').focus()");
  await browser.press("Escape");
  assert.equal(await browser.run("root().querySelector('.find') === null && document.activeElement === root().host"), true);
});

check("a word under the pointer is explained, and the explanation can be pointed at", async () => {
  await open();
  const point = async (x, y) => { await browser.call("Input.dispatchMouseEvent", { type: "mouseMoved", x, y }); };
  const [x, y] = await browser.run("(() => { const line = [...root().querySelectorAll('.cm-line')][3]; const box = line.getBoundingClientRect(); return [box.left + 50, box.top + 10]; })()");
  await point(x, y);
  await browser.until("root().querySelector('.about')?.textContent.includes('How many rows')");
  const [left, top] = await browser.run("(() => { const box = root().querySelector('.about').getBoundingClientRect(); return [box.left + 5, box.top + 5]; })()");
  await point(left, top);
  await new Promise((resolve) => { setTimeout(resolve, 600); });
  assert.equal(await browser.run("Boolean(root().querySelector('.about'))"), true);
  await point(1000, 800);
  await browser.until("!root().querySelector('.about')");
});

check("lines that differ from the published text are marked beside their numbers", async () => {
  server.put("consultant.yaml", YAML.replace("limit: 5", "limit: 6").replace("offer:\n", "rental: 1\noffer:\n"));
  await open();
  await browser.until("root().querySelectorAll('.cm-since .changed').length === 1 && root().querySelectorAll('.cm-since .added').length === 1");
  await go(1);
  await browser.press("Control+Shift+KeyK");
  await browser.until("root().querySelectorAll('.cm-since .cut').length === 1");
});

check("a form that uses what is saved waits for it", async () => {
  await open();
  await browser.run("(() => { const form = document.createElement('form'); form.setAttribute('data-after-save', ''); form.addEventListener('submit', (event) => { event.preventDefault(); window.sent = true; }); form.innerHTML = '<button id=publish>Publish</button>'; document.body.append(form); })()");
  await go(7);
  await browser.type("p: 1");
  await browser.run("$('#publish').click()");
  await browser.until("window.sent");
  assert.match(server.text("consultant.yaml"), /p: 1/);
});

check("a node of the flow is gone to by its name", async () => {
  server.put("consultant.yaml", `nodes:\n${YAML.replace(/^(?=.)/gm, "  ")}`);
  await open();
  await go(1);
  await browser.press("Control+Shift+KeyO");
  await browser.until("document.querySelector('dialog.palette[open]')?.querySelectorAll('li').length === 2");
  await browser.photograph("goto");
  await browser.type("off");
  await browser.until("document.querySelectorAll('dialog.palette li').length === 1");
  await browser.press("Enter");
  await browser.until("$('[data-where]').textContent === 'Line 9, column 1' && !document.querySelector('dialog')");
  assert.equal(await browser.run("document.activeElement === root().host"), true);
});

check("an address names a line", async () => {
  await open();
  await browser.run("location.hash = '#L4:5'");
  await browser.until("$('[data-where]').textContent === 'Line 4, column 5'");
});

check("everybody can use it: axe finds nothing serious, wide and narrow, light and dark", async () => {
  if (!process.env.TOLMACH_TEST_AXE) return;
  const axe = await readFile(process.env.TOLMACH_TEST_AXE, "utf8");
  server.put("consultant.yaml", `a: budgett\nb: old_quote\n${YAML}`);
  server.people = [{ name: "Oleg", file: "consultant.yaml", line: 3 }];
  for (const dark of [false, true]) {
    await browser.dark(dark);
    for (const [width, height] of [[1440, 900], [390, 844]]) {
      await browser.screen(width, height);
      await open();
      await browser.until("Boolean(root().querySelector('.lens') && root().querySelector('.person'))");
      await go(5);
      await browser.press("Control+KeyF");
      await browser.photograph(`whole-${width}-${dark ? "dark" : "light"}`);
      await browser.call("Runtime.evaluate", { expression: axe });
      assert.deepEqual(await serious(), [], `${width} ${dark}`);
      await browser.press("Escape");
      await go(5);
      await browser.press("Control+Space");
      await browser.until("root().querySelectorAll('.complete li').length > 0");
      assert.deepEqual(await serious(), [], `completion ${width} ${dark}`);
    }
  }
  await browser.dark(false);
  await browser.screen(1440, 900);
});

check("typing into a text of 5,000 lines stays quick", async () => {
  server.put("consultant.yaml", Array.from({ length: 5000 }, (_, at) => `key${at}: "value {{x}}"\n`).join(""));
  await open();
  await go(4990);
  const start = performance.now();
  for (let times = 0; times < 40; times += 1) await browser.type("x");
  const took = (performance.now() - start) / 40;
  assert.ok(took < 100, `${took} ms a letter`);
  await saved();
});
