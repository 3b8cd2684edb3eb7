// tanh and sigmoid: exact ones for the float64 oracle, a rational for the float32 opponent.

export interface Activations {
  tanh(x: number): number;
  sigmoid(x: number): number;
}

/** Math.tanh and Math.exp: for comparing with, not for shipping (they differ in last bits between engines). */
export const exact: Activations = { tanh: Math.tanh, sigmoid: (x) => 1 / (1 + Math.exp(-x)) };

/** Rational minimax of degree 13 over 6, the form and coefficients of Eigen's float tanh (also ONNX Runtime's); about 2 ulp of float32. */
function rationalTanh(x: number): number {
  const limit = 7.905311107635498;
  const y = x > limit ? limit : x < -limit ? -limit : x;
  const z = y * y;
  let p = -2.76076847742355e-16;
  p = p * z + 2.00018790482477e-13;
  p = p * z - 8.60467152213735e-11;
  p = p * z + 5.12229709037114e-8;
  p = p * z + 1.48572235717979e-5;
  p = p * z + 6.37261928875436e-4;
  p = p * z + 4.89352455891786e-3;
  let q = 1.19825839466702e-6;
  q = q * z + 1.18534705686654e-4;
  q = q * z + 2.268434632439e-3;
  q = q * z + 4.89352518554385e-3;
  return (y * p) / q;
}

/** What a careful JavaScript programmer would use for float32. */
export const fast: Activations = { tanh: rationalTanh, sigmoid: (x) => 0.5 + 0.5 * rationalTanh(0.5 * x) };
