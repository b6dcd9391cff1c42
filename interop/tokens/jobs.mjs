// Reads the jobs, has each done by the operation it names, and writes the answers in the same order.
import { text } from "node:stream/consumers";

export async function answer(operations) {
  const answers = [];
  for (const job of JSON.parse(await text(process.stdin))) {
    if (!Object.hasOwn(operations, job.op)) throw new Error(`unknown operation ${job.op}`);
    try {
      answers.push(await operations[job.op](job));
    } catch (error) {
      answers.push({ ok: false, error: String(error) });
    }
  }
  process.stdout.write(JSON.stringify(answers));
}
