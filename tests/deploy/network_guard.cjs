// The Node counterpart of tests/guard: blocks connections and look-ups beyond this machine and records them in a file.
"use strict";
const dns = require("node:dns");
const fs = require("node:fs");
const net = require("node:net");

const HERE = new Set(["127.0.0.1", "::1", "localhost"]);

function stop(what, host) {
  fs.appendFileSync(process.env.NETWORK_ATTEMPTS, `${what} ${host}\n`);
  throw new Error(`${what} ${host}: tests stay on 127.0.0.1`);
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof options === "object" ? options.host : typeof args[1] === "string" ? args[1] : undefined;
  if (host !== undefined && !HERE.has(host)) stop("connect", host);
  return connect.apply(this, args);
};

const lookup = dns.lookup;
dns.lookup = function guarded(host, ...rest) {
  if (host && !HERE.has(host) && net.isIP(host) === 0) stop("lookup", host);
  return lookup.call(dns, host, ...rest);
};
