// node rotate.mjs RELAY: a new publish and subscribe token in place of the old one.
import Cloudflare from "cloudflare";

const client = new Cloudflare(); // CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;

const rotated = await client.moq.relays.tokens.rotate(process.argv[2], { account_id, type: "publish_subscribe" });
console.log(JSON.stringify(rotated));
