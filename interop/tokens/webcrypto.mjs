// Signs and verifies with WebCrypto alone. Signing follows the steps of Cloudflare's sample for Workers ("Cloudflare
// Stream: securing your stream"): the jwk value as the API hands it out, decoded with atob and imported; header and claims
// written by JSON.stringify. Jobs are those of jose.mjs, but for sign's key: {"jwkKey":"<base64>"}.
import { answer } from "./jobs.mjs";

const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const encoder = new TextEncoder();

function base64url(bytes) {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

await answer({
  async sign(job) {
    const key = await crypto.subtle.importKey("jwk", JSON.parse(atob(job.jwkKey)), algorithm, false, ["sign"]);
    const encode = (value) => base64url(encoder.encode(JSON.stringify(value)));
    const input = `${encode(job.header)}.${encode(job.claims)}`;
    return { token: `${input}.${base64url(await crypto.subtle.sign(algorithm, key, encoder.encode(input)))}` };
  },
  async verify(job) {
    const [header, payload, signature] = job.token.split(".");
    const { kid } = JSON.parse(new TextDecoder().decode(fromBase64url(header)));
    const jwk = JSON.parse(job.jwks).keys.find((k) => k.kid === kid);
    if (!jwk) return { ok: false, error: "unknown kid" };
    const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
    return { ok: await crypto.subtle.verify(algorithm, key, fromBase64url(signature), encoder.encode(`${header}.${payload}`)) };
  },
});
