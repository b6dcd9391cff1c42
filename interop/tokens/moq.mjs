// Signs and verifies relay tokens with npm jose. Reads a JSON array of jobs on stdin, writes a JSON array of answers on stdout.
//
//   {"op":"sign","header":{},"claims":{},"jwk":"..."|"pem":"..."}         ->  {"token":"..."}
//   {"op":"verify","token":"...","jwks":"...","now":0,"alg":"Ed25519"}    ->  {"ok":true} or {"ok":false,"error":"..."}
import { createLocalJWKSet, importJWK, importPKCS8, jwtVerify, SignJWT } from "jose";
import { answer } from "./jobs.mjs";

await answer({
  async sign(job) {
    const key = job.jwk ? await importJWK(JSON.parse(job.jwk), job.header.alg) : await importPKCS8(job.pem, job.header.alg);
    return { token: await new SignJWT(job.claims).setProtectedHeader(job.header).sign(key) };
  },
  async verify(job) {
    const set = JSON.parse(job.jwks);
    // A set says "Ed25519" of its keys; jose takes a key for the algorithm that the key names alone.
    if (job.alg !== "Ed25519") for (const key of set.keys) delete key.alg;
    await jwtVerify(job.token, createLocalJWKSet(set), {
      algorithms: [job.alg],
      audience: "moq.cloudflare.com",
      currentDate: new Date(job.now * 1000),
    });
    return { ok: true };
  },
});
