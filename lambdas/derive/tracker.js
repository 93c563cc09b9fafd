// The browser tracker; docs/tracker.md says how to use it. `make docs` writes it to lambdas/ingest/static/shoplake.js, without
// comments and indentation, and with the lists of the event contract in place of TYPES and FIELDS.
((w, d) => {
const me = d.currentScript, early = w.shoplake, batch = 20, day = 864e5;
const url = me.src.replace(/\/shoplake\.js.*/, "/events?key=") + encodeURIComponent(me.dataset.key);
const types = "TYPES".split(" "), fields = "FIELDS".split(" ");
const id = () => [...crypto.getRandomValues(new Uint8Array(16))].map(b => (b + 256).toString(16).slice(1)).join("");
// The slot differs from tab to tab, so that tabs do not overwrite each other's queues.
const slot = "sl_q" + id();
let queue = [], gone = [], tries = 0, busy, timer, user;

// Storage may be full or forbidden: then everything stays in memory.
const safe = f => { try { return f(); } catch (e) {} };
const get = k => safe(() => localStorage.getItem(k));
const set = (k, v) => safe(() => v ? localStorage.setItem(k, v) : localStorage.removeItem(k));
const stored = () => safe(() => Object.keys(localStorage).filter(k => /^sl_[qsu]/.test(k))) || [];

// on: events with identifiers, kept in localStorage; off: no event; otherwise events without identifiers, nothing stored.
const consent = () => get("sl_consent") || me.dataset.consent;
const on = () => consent() == "on";
const save = () => on() && set(slot, queue[0] && JSON.stringify(queue));

const visitor = () => { const u = get("sl_u") || id(); set("sl_u", u); return u; };
// A session ends after 30 minutes without an event.
const session = () => {
  let [s, at] = (get("sl_s") || "").split("."), now = Date.now();
  if (!s || now - at > day / 48) s = id();
  set("sl_s", s + "." + now);
  return s;
};

const track = (type, more) => {
  if (consent() == "off") return;
  const e = { event_id: id(), event_type: type, event_time: new Date().toISOString() };
  // Without the query, which may hold personal data; cut to what the contract takes.
  e.url = (location.origin + location.pathname).slice(0, 2048);
  e.referrer = d.referrer.split("?")[0].slice(0, 2048);
  e.campaign = (new URLSearchParams(location.search).get("utm_campaign") || "").slice(0, 128);
  for (const f of fields) if (more[f] != null) e[f] = more[f];
  delete e.user_id;
  if (on()) Object.assign(e, { consent: true, session_id: session(), user_id: user || visitor() });
  queue = [...queue, e].slice(-500);
  save();
  later(200);
};
const later = ms => { clearTimeout(timer); timer = setTimeout(send, ms); };
const text = events => JSON.stringify({ events });

// text/plain needs no preflight. An answer below 500 is final; 429 and faults are tried again with full-jitter backoff.
const send = async () => {
  if (busy || !queue[0]) return;
  busy = 1;
  const part = queue.slice(0, batch), body = text(part);
  const again = await fetch(url, { method: "POST", body, keepalive: body.length < 6e4, credentials: "omit" })
    .then(r => r.status > 499 || r.status == 429, () => 1);
  busy = 0;
  tries = again ? tries + 1 : 0;
  if (!again) queue = queue.filter(e => !part.includes(e));
  save();
  if (queue[0]) later(again && Math.random() * Math.min(6e4, 500 * 2 ** tries));
};
// What a beacon took stays stored until an answer comes: an event_id that arrives twice is counted once.
// A page that closes is hidden first, so this runs twice.
const leave = () => {
  const left = queue.filter(e => !gone.includes(e));
  for (let i = 0; i < left.length; i += batch) {
    const part = left.slice(i, i + batch);
    if (!navigator.sendBeacon(url, text(part))) return;
    gone.push(...part);
  }
  if (!on()) queue = [];
};

const shoplake = w.shoplake = (what, more) => {
  if (what == "user") user = more;
  else if (what == "consent") {
    if (!more) { queue = []; user = 0; stored().map(k => set(k)); }
    set("sl_consent", more ? "on" : "off");
    save();
  } else if (types.includes(what)) track(what, more || {});
};
if (on()) for (const k of stored()) if (k[3] == "q") {
  queue.push(...(safe(() => JSON.parse(get(k))) || []));
  set(k);
}
for (const a of early && early.q || []) shoplake(...a);
if (me.dataset.page != "off") track("page", {});
if (queue[0]) later(0);
d.addEventListener("visibilitychange", () => {
  if (d.visibilityState == "hidden") leave();
  else { gone = []; later(0); }
});
w.addEventListener("pagehide", leave);
})(window, document);
