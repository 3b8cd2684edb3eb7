#!/usr/bin/env node
// An opponent whose results are wrong by half: what a bench must refuse to time. Stands in for a Node (--node20).
import { createInterface } from 'node:readline';

console.log(JSON.stringify({ versions: { liar: '1' } }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(JSON.parse(line).prepare ? { error: 0.5 } : { samples: [1] }));
}
