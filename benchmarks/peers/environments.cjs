// Runs a function of Node on events: node environments.cjs <index.js of the function>
// Takes one JSON line an event, {"event": …, "delay": …}. Each invocation gets a copy of the module of its own.
"use strict";
const https = require("node:https");
const readline = require("node:readline");
const path = process.argv[2];

function load() {
  delete require.cache[require.resolve(path)];
  return require(path);
}

// The function answers to the ResponseURL's host at port 443, as S3 has it; here the answers are taken at another port.
const request = https.request;
https.request = (options, ...rest) =>
  request(options.hostname === "localhost" ? { ...options, port: process.env.ANSWERS_PORT } : options, ...rest);

load();
console.log("ready");
console.log = () => {};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { event, delay } = JSON.parse(line);
  const started = Date.now() + delay * 1000;
  const context = { logStreamName: "benchmark", getRemainingTimeInMillis: () => started + 900000 - Date.now() };
  setTimeout(() => load().handler(event, context).catch((problem) => console.error(problem)), delay * 1000);
}).on("close", () => process.exit(0));
