// Signs and verifies with npm jose. Reads a JSON array of jobs on stdin, writes a JSON array of answers on stdout.
//
//   {"op":"sign","header":{},"claims":{},"jwk":"..."|"pem":"..."}  ->  {"token":"..."}
//   {"op":"verify","token":"...","jwks":"...","now":0}             ->  {"ok":true} or {"ok":false,"error":"..."}
import { createPrivateKey } from "node:crypto";
import { createLocalJWKSet, importJWK, importPKCS8, jwtVerify, SignJWT } from "jose";
import { answer } from "./jobs.mjs";

async function privateKey(job) {
  if (job.jwk) return importJWK(JSON.parse(job.jwk), "RS256");
  if (job.pem.includes("BEGIN PRIVATE KEY")) return importPKCS8(job.pem, "RS256");
  return createPrivateKey(job.pem); // PKCS#1
}

await answer({
  async sign(job) {
    return { token: await new SignJWT(job.claims).setProtectedHeader(job.header).sign(await privateKey(job)) };
  },
  async verify(job) {
    const keys = createLocalJWKSet(JSON.parse(job.jwks));
    await jwtVerify(job.token, keys, { algorithms: ["RS256"], currentDate: new Date(job.now * 1000) });
    return { ok: true };
  },
});
