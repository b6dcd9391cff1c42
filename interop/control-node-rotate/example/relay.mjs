// node relay.mjs NAME: a MoQ relay with its two tokens.
import Cloudflare from "cloudflare";

const client = new Cloudflare(); // CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;

const relay = await client.moq.relays.create({ account_id, name: process.argv[2] });
console.log(JSON.stringify(relay));
