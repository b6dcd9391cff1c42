// node token.mjs VIDEO: a token for a video.
import Cloudflare from "cloudflare";

const client = new Cloudflare(); // CLOUDFLARE_BASE_URL, CLOUDFLARE_API_TOKEN
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;

const token = await client.stream.token.create(process.argv[2], {
  account_id,
  exp: Math.floor(Date.now() / 1000) + 12 * 3600,
  downloadable: true,
  accessRules: [
    { type: "ip.geoip.country", action: "allow", country: ["DE", "FR"] },
    { type: "any", action: "block" },
  ],
});
console.log(JSON.stringify(token));
