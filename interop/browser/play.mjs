// Opens the demonstration's page in a headless browser and prints, as one JSON object, what became of the video.
//
//   node play.mjs chromium|firefox EXECUTABLE PAGE-URL PROFILE-DIR [SCREENSHOT]
//
// Nothing is judged here: the Go test beside it does.

import puppeteer from "puppeteer-core";

const [, , browser, executablePath, pageURL, userDataDir, screenshot] = process.argv;

const launch = {
  chromium: {
    browser: "chrome",
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  },
  firefox: {
    browser: "firefox",
    protocol: "webDriverBiDi",
    extraPrefsFirefox: {
      // What a fresh profile would fetch by itself.
      "app.normandy.enabled": false,
      "browser.safebrowsing.downloads.enabled": false,
      "browser.safebrowsing.malware.enabled": false,
      "browser.safebrowsing.phishing.enabled": false,
      "network.captive-portal-service.enabled": false,
      "network.connectivity-service.enabled": false,
    },
  },
}[browser];

const running = await puppeteer.launch({ headless: true, executablePath, userDataDir, timeout: 60_000, ...launch });
try {
  const page = await running.newPage();
  await page.setViewport({ width: 900, height: 1100 });
  const requests = [];
  const messages = [];
  page.on("request", (r) => requests.push(r.url()));
  page.on("console", (m) => messages.push(m.text()));
  page.on("pageerror", (e) => messages.push(e.message));
  await page.goto(pageURL, { waitUntil: "load", timeout: 90_000 });

  let timedOut = false;
  await page
    .waitForFunction(
      () => document.getElementById("video").currentTime > 1.2 &&
        document.getElementById("video").buffered.end(0) > 5.9 && // a busy machine plays before it has the last segment
        [...document.querySelectorAll("output")].every((o) => o.textContent !== "asking"),
      { timeout: 90_000, polling: 100 },
    )
    .catch(() => { timedOut = true; });

  const seen = await page.evaluate(() => {
    const video = document.getElementById("video");
    const buffered = [];
    for (let i = 0; i < video.buffered.length; i++) buffered.push([video.buffered.start(i), video.buffered.end(i)]);
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const drawing = canvas.getContext("2d");
    const colours = new Set();
    if (canvas.width > 0) {
      drawing.drawImage(video, 0, 0);
      const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
    return {
      currentTime: video.currentTime,
      duration: video.duration,
      width: video.videoWidth,
      height: video.videoHeight,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      colours: colours.size,
      buffered,
      state: document.getElementById("state").textContent,
      answers: [...document.querySelectorAll("#urls tr")].map((row) =>
        [row.querySelector("th").textContent, row.querySelector("output").textContent]),
    };
  });
  if (screenshot) await page.screenshot({ path: screenshot });
  console.log(JSON.stringify({ ...seen, timedOut, requests, messages, version: await running.version() }));
} finally {
  await running.close();
}
