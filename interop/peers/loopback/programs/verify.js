// Runs in njs, which begins every request with a fresh copy of this module: a key cannot be kept from one to the next.
const spki = Buffer.from("{{.SPKI}}", "base64");
const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

async function accepted(authorization) {
    if (!authorization || !authorization.startsWith("Bearer ")) return false;
    const parts = authorization.slice(7).split(".");
    if (parts.length != 3) return false;
    if (JSON.parse(Buffer.from(parts[0], "base64url").toString()).alg !== "RS256") return false;
    const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
    const signature = Buffer.from(parts[2], "base64url");
    if (!await crypto.subtle.verify(algorithm, key, signature, parts[0] + "." + parts[1])) return false;
    const exp = JSON.parse(Buffer.from(parts[1], "base64url").toString()).exp;
    return typeof exp === "number" && Date.now() / 1000 < exp;
}

async function check(r) {
    let good = false;
    try {
        good = await accepted(r.headersIn.Authorization);
    } catch (e) {
        good = false;
    }
    r.return(good ? 204 : 401);
}

function version(r) {
    r.return(200, njs.version);
}

export default { check, version };
