// A linear layer and the mean cross-entropy on top of a network, with every gradient, in plain JavaScript: gated/reference ends below it. As fast
// as that, so that the opponent is not slowed by its last layer.

/**
 * input [rows, width]; tensors: linear.weight [classes, width], linear.bias, targets [rows]. Sums run in doubles, results are stored in the
 * input's precision.
 */
export function linearCrossEntropy(tensors, input, classes) {
  const Store = input.constructor;
  const [weight, bias, targets] = ['linear.weight', 'linear.bias', 'targets'].map((name) => tensors[name].data);
  const [rows, width] = [targets.length, weight.length / classes];
  const [dInput, dWeight, dBias] = [input.length, weight.length, classes].map((n) => new Store(n));
  const logits = new Float64Array(rows * classes);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let c = 0; c < classes; c++, i++) logits[i] = bias[c] + dot(weight, c * width, input, row * width, width);
  }
  const loss = crossEntropy(logits, targets, classes);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let c = 0; c < classes; c++, i++) dBias[c] += logits[i];
    addRows(dInput, row * width, logits, row * classes, 1, classes, weight, width);
  }
  for (let c = 0; c < classes; c++) addRows(dWeight, c * width, logits, c, classes, rows, input, width);
  return { loss, dInput, dWeight, dBias };
}

/** The mean loss; the logits become their gradients. */
function crossEntropy(logits, targets, classes) {
  let loss = 0;
  targets.forEach((target, row) => {
    const z = logits.subarray(row * classes, (row + 1) * classes);
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, z[c]);
    const atTarget = z[target];
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += z[c] = Math.exp(z[c] - largest);
    loss += Math.log(sum) + largest - atTarget;
    for (let c = 0; c < classes; c++) z[c] /= sum * targets.length;
    z[target] -= 1 / targets.length;
  });
  return loss / targets.length;
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

/** out[at + j] += Σ_r factors[from + r · stride] · x[r, j] over `rows` rows of x; four at a time, so that out is stored a quarter as often. */
function addRows(out, at, factors, from, stride, rows, x, width) {
  let r = 0;
  for (; r + 3 < rows; r += 4) {
    const f = from + r * stride;
    const [a, b, c, d] = [factors[f], factors[f + stride], factors[f + 2 * stride], factors[f + 3 * stride]];
    const [i, k, l, m] = [r * width, (r + 1) * width, (r + 2) * width, (r + 3) * width];
    for (let j = 0; j < width; j++) out[at + j] += a * x[i + j] + b * x[k + j] + (c * x[l + j] + d * x[m + j]);
  }
  for (; r < rows; r++) {
    const a = factors[from + r * stride];
    for (let j = 0; j < width; j++) out[at + j] += a * x[r * width + j];
  }
}
