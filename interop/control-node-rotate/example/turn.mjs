// node turn.mjs NAME: a TURN key.
import Cloudflare from "cloudflare";

const client = new Cloudflare(); // CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;

const key = await client.calls.turn.create({ account_id, name: process.argv[2] });
console.log(JSON.stringify(key));
