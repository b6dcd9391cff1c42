// Checks what sign --batch wrote: node batch.mjs PUBLIC.pem KEY_ID INPUT < OUTPUT
//
// INPUT has one JSON object {"sub","downloadable"} or one bare id a line. Line by line and in the same order OUTPUT must have
// the same sub, with a token whose signature OpenSSL, which node:crypto is, finds good, and whose claims say the same. Writes
// {"checked":N}; the first line that is wrong ends it with an error.
import { createPublicKey, verify } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { deepStrictEqual, strictEqual } from "node:assert";

const [, , pem, kid, input] = process.argv;
const key = createPublicKey(readFileSync(pem));
const header = Buffer.from(JSON.stringify({ alg: "RS256", kid })).toString("base64url");
const asked = createInterface({ input: createReadStream(input), crlfDelay: Infinity })[Symbol.asyncIterator]();

let checked = 0;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { value: request, done } = await asked.next();
  strictEqual(done, false, "more lines than were asked for");
  const want = request.startsWith("{") ? JSON.parse(request) : { sub: request };
  const answer = JSON.parse(line);
  deepStrictEqual(Object.keys(answer), ["sub", "token"]);
  strictEqual(answer.sub, want.sub);
  const parts = answer.token.split(".");
  strictEqual(parts.length, 3);
  strictEqual(parts[0], header);
  const claims = JSON.parse(Buffer.from(parts[1], "base64url"));
  const { exp, nbf, ...rest } = claims;
  deepStrictEqual(rest, { sub: want.sub, kid, ...(want.downloadable ? { downloadable: true } : {}) });
  strictEqual(exp - nbf, 7200);
  const signature = Buffer.from(parts[2], "base64url");
  strictEqual(verify("RSA-SHA256", Buffer.from(parts[0] + "." + parts[1]), key, signature), true, `line ${checked + 1}: signature`);
  checked++;
}
strictEqual((await asked.next()).done, true, "fewer lines than were asked for");
process.stdout.write(JSON.stringify({ checked }));
