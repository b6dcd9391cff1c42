// The page: asks its own server for freshly signed URLs, tries each at the edge, and plays the allowed one.

import { play } from "./player.js";

const state = document.getElementById("state");
const video = document.getElementById("video");

try {
  const urls = await (await fetch("urls")).json();
  document.getElementById("curl").textContent =
    urls.map((u) => `# ${u.name}\ncurl -i ${u.url}`).join("\n\n");
  urls.forEach(showRow);
  await play(video, urls.find((u) => u.name === "allowed").url);
  state.textContent = "Playing through the edge with the allowed URL.";
  await video.play().catch(() => {
    state.textContent = "Ready: press play.";
  });
} catch (err) {
  state.textContent = `The video does not play: ${err.message}`;
  state.className = "bad";
}

// showRow adds a table row and fills in what the edge answers.
async function showRow(u) {
  const row = document.getElementById("row").content.cloneNode(true);
  row.querySelector("th").textContent = u.name;
  row.querySelector("td").textContent = u.why;
  const output = row.querySelector("output");
  output.textContent = "asking";
  document.getElementById("urls").append(row);
  let reason = "";
  try {
    const answer = await fetch(u.url, { referrerPolicy: "no-referrer" });
    if (!answer.ok) reason = (await answer.json()).reason;
    output.textContent = `${answer.status} ${reason}`;
    const expected = answer.status === u.status && reason === (u.reason ?? "");
    output.className = expected ? (answer.ok ? "good" : "bad") : "wrong";
    if (!expected) output.textContent += " (not as it should be)";
  } catch {
    output.textContent = "no answer";
  }
}
