/** The largest float below x. */
export function below(x: f32): f32 {
  if (x == 0) return -1.401298464324817e-45;
  return reinterpret<f32>(reinterpret<i32>(x) + (x > 0 ? -1 : 1));
}
