// Calls methods of npm cloudflare, and verifies tokens with npm jose. Reads jobs on stdin, one JSON object a line, and
// answers each with a line on stdout. The packages are those of the working directory.
//
//   {"options":{},"method":"stream.keys.get","args":[],"all":false}  ->  {"value":...,"requests":1}
//                                                  or {"error":{"type","status","errors","message"},"requests":1}
//   {"jwks":"URL","bearer":"...","token":"...","algorithm":"RS256"}  ->  {"value":{"header":{},"claims":{}}}
import { createInterface } from "node:readline";
import Cloudflare from "cloudflare";
import { createRemoteJWKSet, jwtVerify } from "jose";

async function call({ options, method, args, all }) {
  let requests = 0;
  const client = new Cloudflare({
    ...options,
    fetch: (url, init) => {
      requests++;
      return fetch(url, init);
    },
  });
  const path = method.split(".");
  const name = path.pop();
  const resource = path.reduce((object, part) => object[part], client);
  try {
    const answer = resource[name](...args);
    if (all) {
      const list = [];
      for await (const item of answer) list.push(item);
      return { value: list, requests };
    }
    const value = await answer;
    if (typeof value?.getPaginatedItems !== "function") return { value: value ?? null, requests };
    return { value: { result: value.getPaginatedItems(), next: value.hasNextPage() }, requests };
  } catch (error) {
    const { status, errors, message } = error;
    return { error: { type: error.constructor.name, status, errors, message }, requests };
  }
}

async function verify({ jwks, bearer, token, algorithm }) {
  const keys = createRemoteJWKSet(new URL(jwks), { headers: { authorization: `Bearer ${bearer}` } });
  try {
    const held = await jwtVerify(token, keys, { algorithms: [algorithm] });
    return { value: { header: held.protectedHeader, claims: held.payload } };
  } catch (error) {
    return { error: { type: error.constructor.name, message: String(error) } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  process.stdout.write(JSON.stringify(await (job.jwks ? verify(job) : call(job))) + "\n");
}
