// Chromium through its pipe, with nothing installed for it.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TIMEOUT = 20_000;
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Browser {
  static async start() {
    const { existsSync } = await import("node:fs");
    const path = PLACES.find((place) => existsSync(place));
    if (!path) return null;
    const browser = new Browser();
    browser.home = await mkdtemp(join(tmpdir(), "editor-"));
    browser.child = spawn(path, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", `--user-data-dir=${browser.home}`, "--remote-debugging-pipe", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    Object.assign(browser, { next: 1, waiting: new Map(), complaints: [], rest: "" });
    browser.child.stdio[4].setEncoding("utf8").on("data", (text) => browser.take(text));
    const { targetInfos } = await browser.call("Target.getTargets");
    const { sessionId } = await browser.call("Target.attachToTarget", { targetId: targetInfos.find((one) => one.type === "page").targetId, flatten: true });
    browser.session = sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.call(`${domain}.enable`);
    await browser.screen(1440, 900);
    return browser;
  }

  async stop() {
    this.child.kill();
    await new Promise((resolve) => { this.child.once("exit", resolve); });
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  take(text) {
    const messages = (this.rest + text).split("\0");
    this.rest = messages.pop();
    for (const message of messages.map((one) => JSON.parse(one))) {
      if (message.id) {
        const { resolve, reject } = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
      } else if (message.method === "Runtime.exceptionThrown") this.complaints.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
      else if (message.method === "Log.entryAdded" && message.params.entry.level === "error" && !/Failed to load resource|WebSocket/.test(message.params.entry.text)) this.complaints.push(message.params.entry.text);
      else if (message.method === "Runtime.consoleAPICalled" && message.params.type === "error") this.complaints.push(JSON.stringify(message.params.args.map((one) => one.value ?? one.description)));
    }
  }

  call(method, params = {}) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    });
  }

  async run(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression: `(() => { const $ = (s) => document.querySelector(s); const root = () => $(".editor-view")?.shadowRoot; return (${expression}); })()`, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async until(expression) {
    const end = Date.now() + TIMEOUT;
    for (;;) {
      const value = await this.run(expression).catch(() => null);
      if (value) return value;
      if (Date.now() > end) throw new Error(`never: ${expression}\n${await this.run("document.body.innerText").catch(() => "")}\n${this.complaints.join("\n")}`);
      await wait(30);
    }
  }

  screen(width, height) { return this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false }); }
  dark(dark) { return this.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] }); }
  async visit(address) {
    await this.call("Page.navigate", { url: address });
    await this.until(`location.href === ${JSON.stringify(address)} && document.readyState === "complete" && window.editors`);
  }
  type(text) { return this.call("Input.insertText", { text }); }
  /** "Control+Shift+KeyZ", "F8", "Enter", "KeyA". */
  async press(name) {
    const pieces = name.split("+");
    const code = pieces.pop();
    const modifiers = pieces.reduce((sum, piece) => sum + { Alt: 1, Control: 2, Shift: 8 }[piece], 0);
    const letter = /^Key(.)$/.exec(code)?.[1].toLowerCase();
    const key = (modifiers & 8 ? letter?.toUpperCase() : letter) ?? { Space: " ", Period: "." }[code] ?? code;
    const number = letter ? letter.toUpperCase().charCodeAt(0) : { Enter: 13, Escape: 27, Tab: 9, ArrowDown: 40, ArrowUp: 38, ArrowLeft: 37, ArrowRight: 39, Home: 36, End: 35, Backspace: 8, F8: 119, Space: 32, Period: 190 }[code] ?? 0;
    const text = modifiers & 2 || key.length > 1 ? (code === "Enter" ? "\r" : undefined) : key;
    const event = { code, key, modifiers, windowsVirtualKeyCode: number };
    await this.call("Input.dispatchKeyEvent", { type: text && !(modifiers & 2) ? "keyDown" : "rawKeyDown", text: modifiers & 2 ? undefined : text, ...event });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }
  async photograph(name) {
    if (!process.env.EDITOR_SCREENSHOTS) return;
    const { data } = await this.call("Page.captureScreenshot");
    await writeFile(join(process.env.EDITOR_SCREENSHOTS, `${name}.png`), data, "base64");
  }
  offline(offline) { return this.call("Network.emulateNetworkConditions", { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }); }
}
