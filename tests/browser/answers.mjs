// Answers questions with the script of the question bar, without a page: one question of JSON a line, one answer a line.
// The path of the document of facts is the only argument.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { answer } from "../../matrix/site/script/ask/answer.ts";

const facts = JSON.parse(readFileSync(process.argv[2], "utf-8"));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(answer(JSON.parse(line), facts)));
}
