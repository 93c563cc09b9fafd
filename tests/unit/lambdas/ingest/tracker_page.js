// A page with the tracker, without a browser: runs the steps of a scenario and prints what was sent and what is stored.
const fs = require("fs"), vm = require("vm"), crypto = require("crypto");
const [script, scenario] = [fs.readFileSync(process.argv[2], "utf8"), JSON.parse(process.argv[3])];
const out = { fetched: [], beacons: [], errors: [] };
const storage = scenario.storage || {};
let answers = [...(scenario.answers || [])], timers = [], page, listeners = {}, visibility = "visible";

const localStorage = new Proxy(storage, {
  get(target, name) {
    if (scenario.noStorage) throw new Error("forbidden");
    if (name === "getItem") return k => (k in target ? target[k] : null);
    if (name === "setItem") return (k, v) => { target[k] = String(v); };
    if (name === "removeItem") return k => { delete target[k]; };
    return target[name];
  },
});
const fetch = (url, options) => {
  out.fetched.push({ url, ...options, body: JSON.parse(options.body) });
  const status = answers.length ? answers.shift() : 202;
  return status === "down" ? Promise.reject(new TypeError("down")) : Promise.resolve({ status });
};
const sendBeacon = (url, body) => { out.beacons.push({ url, body: JSON.parse(body) }); return scenario.beacon !== false; };
const listen = (name, f) => { (listeners[name] = listeners[name] || []).push(f); };

function load(options) {
  timers = [];
  listeners = {};
  visibility = "visible";
  const document = {
    currentScript: { src: "https://api.example/live/v1/shoplake.js?v=1", dataset: { key: "pk_ä", ...options.data } },
    referrer: options.referrer || "",
    addEventListener: listen,
    get visibilityState() { return visibility; },
  };
  page = {
    document, localStorage, fetch, URLSearchParams, console, JSON, Math, Date, Promise,
    crypto: { getRandomValues: a => crypto.webcrypto.getRandomValues(a) },
    navigator: { sendBeacon },
    location: { origin: "https://shop.example", pathname: "/mug", search: options.search || "" },
    setTimeout: f => timers.push(f),
    clearTimeout: id => { if (id) timers[id - 1] = null; },
    addEventListener: listen,
    Uint8Array, encodeURIComponent, Object,
    shoplake: options.early ? { q: options.early } : undefined,
  };
  page.window = page;
  vm.runInNewContext(script, page);
}
async function run() {
  for (let round = 0; round < (scenario.rounds || 20) && timers.some(Boolean); round++) {
    const due = timers;
    timers = [];
    for (const f of due) if (f) await f();
    await new Promise(resolve => setImmediate(resolve));
  }
}
(async () => {
  for (const [step, ...more] of scenario.steps) {
    if (step === "load") load(more[0] || {});
    else if (step === "run") await run();
    else if (step === "hide") { visibility = "hidden"; (listeners.visibilitychange || []).forEach(f => f()); }
    else if (step === "close") {
      visibility = "hidden";
      [...listeners.visibilitychange, ...listeners.pagehide].forEach(f => f());
    } else page.shoplake(step, ...more);
  }
  console.log(JSON.stringify({ ...out, storage }));
})().catch(error => { console.error(error.stack); process.exit(1); });
