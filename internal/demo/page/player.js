// A small HLS player: one rendition of fragmented MP4 (RFC 8216, CMAF), on demand, through Media Source Extensions.
// It is as much as the demonstration needs: no bit rate switching, no live playlists, no encryption.

// play gets the video at a master playlist ready in a <video> element.
export async function play(video, master) {
  if (!("MediaSource" in window)) {
    if (!video.canPlayType("application/vnd.apple.mpegurl")) throw new Error("this browser plays no HLS");
    video.src = master; // Safari on a phone plays it natively
    return;
  }
  const variant = choose(parseMaster(await text(master), master));
  const playlist = parseMedia(await text(variant.url), variant.url);

  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await once(source, "sourceopen");
  URL.revokeObjectURL(video.src);
  source.duration = playlist.duration;
  const buffer = source.addSourceBuffer(variant.type);
  for (const url of [playlist.init, ...playlist.segments]) {
    const data = await (await get(url)).arrayBuffer();
    buffer.appendBuffer(data);
    await once(buffer, "updateend");
    if (video.error) throw new Error(video.error.message || "the video cannot be decoded");
  }
  source.endOfStream();
}

// parseMaster gives the variants of a master playlist: each stream's type and URL.
export function parseMaster(playlist, base) {
  const variants = [];
  let type = "";
  for (const line of lines(playlist)) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) {
      type = `video/mp4; codecs="${attribute(line, "CODECS")}"`;
    } else if (!line.startsWith("#") && type) {
      variants.push({ type, url: new URL(line, base).href });
      type = "";
    }
  }
  return variants;
}

// parseMedia gives the segments of a media playlist, what initializes them, and how long they last in seconds.
export function parseMedia(playlist, base) {
  const media = { init: "", segments: [], duration: 0 };
  for (const line of lines(playlist)) {
    if (line.startsWith("#EXT-X-MAP:")) {
      media.init = new URL(attribute(line, "URI"), base).href;
    } else if (line.startsWith("#EXTINF:")) {
      media.duration += parseFloat(line.slice("#EXTINF:".length));
    } else if (!line.startsWith("#")) {
      media.segments.push(new URL(line, base).href);
    }
  }
  return media;
}

function choose(variants) {
  const playable = variants.find((v) => MediaSource.isTypeSupported(v.type));
  if (!playable) throw new Error("this browser lacks the codecs (H.264 and AAC)");
  return playable;
}

function lines(playlist) {
  return playlist.split(/\r?\n/).filter((line) => line !== "");
}

function attribute(line, name) {
  return line.match(new RegExp(`[:,]${name}="([^"]*)"`))?.[1] ?? "";
}

async function get(url) {
  const answer = await fetch(url, { referrerPolicy: "no-referrer" });
  if (!answer.ok) throw new Error(`the edge answered ${answer.status}`);
  return answer;
}

async function text(url) {
  return (await get(url)).text();
}

function once(target, event) {
  return new Promise((resolve, reject) => {
    target.addEventListener(event, resolve, { once: true });
    target.addEventListener("error", () => reject(new Error("the video cannot be decoded")), { once: true });
  });
}
