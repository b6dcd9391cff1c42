// node servers.mjs NAME PORT PUBLIC_KEY.pem: one of the servers below on 127.0.0.1. RS256 alone and an exp are asked for.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createVerifier } from "fast-jwt";
import { jwtVerify } from "jose";

const [name, port, file] = process.argv.slice(2);
const pem = readFileSync(file, "utf8");

function bearer(req) {
  const field = req.headers.authorization;
  return field?.startsWith("Bearer ") ? field.slice(7) : "";
}

function answer(res, status) {
  res.writeHead(status).end();
}

function fastJWT(cache) {
  const verify = createVerifier({ key: pem, algorithms: ["RS256"], requiredClaims: ["exp"], cache });
  return (req, res) => {
    let status = 401;
    try {
      verify(bearer(req));
      status = 204;
    } catch {}
    answer(res, status);
  };
}

const handlers = {
  bare: () => (req, res) => answer(res, 204),
  "fast-jwt": () => fastJWT(false),
  "fast-jwt-cache": () => fastJWT(true),
  jose: () => {
    const key = createPublicKey(pem);
    const options = { algorithms: ["RS256"], requiredClaims: ["exp"] };
    return (req, res) =>
      jwtVerify(bearer(req), key, options).then(
        () => answer(res, 204),
        () => answer(res, 401),
      );
  },
};

if (!Object.hasOwn(handlers, name)) throw new Error(`unknown server ${name}`);
createServer(handlers[name]()).listen(Number(port), "127.0.0.1");
