// Runs every case of cases/*.mjs in ONNX Runtime and stores model, inputs and outputs in <family>.json.
//
//   npm install --prefix .cache/oracle --ignore-scripts onnxruntime-node
//   node tests/onnx/goldens/make.mjs [family …]
//
// Made with onnxruntime-node 1.30.0. It is no dependency: only this script needs it.
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { seed, writeModel } from './model.mjs';

const root = new URL('../../../', import.meta.url);
const ort = createRequire(new URL('.cache/oracle/package.json', root))('onnxruntime-node');
const base64 = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
const stored = (type, dims, data) => [type, dims, base64(data)];
const NAMES = { float32: 'float32', float64: 'float64' };

const wanted = process.argv.slice(2);
const families = readdirSync(new URL('cases/', import.meta.url)).map((file) => file.replace('.mjs', ''));
for (const family of families.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  seed(20_000);
  const { cases } = await import(`./cases/${family}.mjs`);
  const lines = [];
  const names = new Set();
  for (const { name, graph, feeds, opset, tolerance } of cases) {
    if (names.has(name)) throw new Error(`two cases are called ${name}`);
    names.add(name);
    const model = writeModel(graph, { opset });
    try {
      const session = await ort.InferenceSession.create(model, {
        logSeverityLevel: 4,
        graphOptimizationLevel: 'disabled',
      });
      const inputs = Object.entries(feeds).map(([key, x]) => [key, new ort.Tensor(x.type, x.data, x.dims)]);
      const results = await session.run(Object.fromEntries(inputs));
      const outputs = Object.fromEntries(
        Object.entries(results).map(([key, y]) => [key, stored(NAMES[y.type] ?? y.type, y.dims, y.data)]),
      );
      const given = Object.fromEntries(Object.entries(feeds).map(([key, x]) => [key, stored(x.type, x.dims, x.data)]));
      lines.push(JSON.stringify({ name, tolerance, model: base64(model), feeds: given, outputs }));
    } catch (error) {
      console.error(`${family}: ${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
  writeFileSync(new URL(`${family}.json`, import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
  console.log(`${family}: ${lines.length} cases`);
}
