// Opens WebTransport sessions from a page in headless Chromium, one after the other, and prints what became of each as one
// line of JSON; a session that opens has a second line when it is over.
//
//   node browse.mjs EXECUTABLE PROFILE-DIR CERTIFICATE-SHA256-HEX URL...
//
// Nothing is judged here: the Go test beside it does.

import http from "node:http";
import puppeteer from "puppeteer-core";

const [, , executablePath, userDataDir, hash, ...urls] = process.argv;

// WebTransport is for secure contexts: a page on loopback is one, about:blank is not.
const site = http.createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<!doctype html>"));
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));

const running = await puppeteer.launch({
  browser: "chrome", headless: true, executablePath, userDataDir, timeout: 60_000,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
try {
  const page = await running.newPage();
  await page.goto(`http://127.0.0.1:${site.address().port}/`, { waitUntil: "load", timeout: 90_000 });
  for (const url of urls) {
    const opened = await page.evaluate(async (url, hash) => {
      const value = Uint8Array.from(hash.match(/../g), (digits) => parseInt(digits, 16));
      const session = new WebTransport(url, { serverCertificateHashes: [{ algorithm: "sha-256", value }] });
      const over = session.closed.then(() => true, () => true);
      try {
        await session.ready;
      } catch (error) {
        return { ready: false, error: String(error) };
      }
      window.session = session;
      window.over = over;
      const { value: stream } = await session.incomingUnidirectionalStreams.getReader().read();
      const greeting = await new Response(stream).text();
      return { ready: true, greeting };
    }, url, hash);
    console.log(JSON.stringify({ ...opened, version: await running.version() }));
    if (opened.ready) console.log(JSON.stringify({ over: await page.evaluate(() => window.over) }));
  }
} finally {
  await running.close();
  site.close();
}
