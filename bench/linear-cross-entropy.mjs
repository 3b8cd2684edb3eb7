// A linear layer and the mean cross-entropy on top of a network, with every gradient, in plain JavaScript: gated/reference ends below it.

/**
 * input [rows, width]; tensors: linear.weight [classes, width], linear.bias, targets [rows]. Sums run in doubles, results are stored in the
 * input's precision.
 */
export function linearCrossEntropy(tensors, input, classes) {
  const Store = input.constructor;
  const [weight, bias, targets] = ['linear.weight', 'linear.bias', 'targets'].map((name) => tensors[name].data);
  const [rows, width] = [targets.length, weight.length / classes];
  const [dInput, dWeight, dBias] = [input.length, weight.length, classes].map((n) => new Store(n));
  const logits = new Float64Array(classes);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    for (let c = 0; c < classes; c++) logits[c] = bias[c] + dot(weight, c * width, input, at, width);
    const largest = logits.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[c] - largest);
    loss += Math.log(sum) + largest - logits[targets[row]];
    for (let c = 0; c < classes; c++) {
      const d = (Math.exp(logits[c] - largest) / sum - (c === targets[row] ? 1 : 0)) / rows;
      dBias[c] += d;
      for (let j = 0; j < width; j++) {
        dWeight[c * width + j] += d * input[at + j];
        dInput[at + j] += d * weight[c * width + j];
      }
    }
  }
  return { loss: loss / rows, dInput, dWeight, dBias };
}

/** Four chains, so that an addition need not wait for the one before. */
function dot(a, i, b, j, n) {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < n; k += 4) {
    s0 += a[i + k] * b[j + k];
    s1 += a[i + k + 1] * b[j + k + 1];
    s2 += a[i + k + 2] * b[j + k + 2];
    s3 += a[i + k + 3] * b[j + k + 3];
  }
  for (; k < n; k++) s0 += a[i + k] * b[j + k];
  return s0 + s1 + (s2 + s3);
}
