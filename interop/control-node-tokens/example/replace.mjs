// node replace.mjs RELAY: what a rotation comes to in this generation. Make a token, hand it out, delete the others.
import Cloudflare from "cloudflare";

const client = new Cloudflare(); // CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;
const relay_id = process.argv[2];

const old = await client.moq.relays.tokens.list(relay_id, { account_id });
const made = await client.moq.relays.tokens.create(relay_id, { account_id, operations: ["publish", "subscribe"] });
for (const { jti } of old.issuers.flatMap((issuer) => issuer.cloudflare_tokens)) {
  await client.moq.relays.tokens.delete(jti, { account_id, relay_id });
}
console.log(JSON.stringify(made));
