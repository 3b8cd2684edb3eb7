// temporary
import { exp4 } from '../simd/activations';
import { log4 } from '../simd/log';
function ex(x:f32):f32{return f32x4.extract_lane(exp4(f32x4.splat(x)),0);}
function lg(x:f32):f32{return f32x4.extract_lane(log4(f32x4.splat(x)),0);}
export function crossEntropy(logits: usize, targets: usize, weight: usize, losses: usize, logSumExp: usize, m: i32, c: i32, ignoreIndex: i32, labelSmoothing: f32): f64 {
  let total:f64=0;
  for(let r=0;r<m;r++){ const row=logits+(<usize>(r*c)<<2); let mx:f32=-Infinity; for(let j=0;j<c;j++)mx=max(mx,load<f32>(row+(<usize>j<<2))); let s:f64=0; for(let j=0;j<c;j++)s+=ex(load<f32>(row+(<usize>j<<2))-mx); const lse=mx+lg(<f32>s); store<f32>(logSumExp+(<usize>r<<2),lse);
   const t=load<i32>(targets+(<usize>r<<2)); if(t==ignoreIndex){store<f32>(losses+(<usize>r<<2),0);continue;}
   const w:f32=weight?load<f32>(weight+(<usize>t<<2)):1; total+=w; let loss:f64=<f64>(w*(lse-load<f32>(row+(<usize>t<<2))))*(1-<f64>labelSmoothing);
   if(labelSmoothing!=0){let k:f64=0; for(let j=0;j<c;j++)k+=(weight?load<f32>(weight+(<usize>j<<2)):<f32>1)*(lse-load<f32>(row+(<usize>j<<2))); loss+=<f64>labelSmoothing/<f64>c*k;}
   store<f32>(losses+(<usize>r<<2),<f32>loss);} return total; }
export function crossEntropyBackward(logits: usize, targets: usize, weight: usize, logSumExp: usize, scale: usize, scaleStride: i32, dLogits: usize, m: i32, c: i32, ignoreIndex: i32, labelSmoothing: f32): void {
  let sw:f64=0; for(let j=0;j<c;j++)sw+=weight?load<f32>(weight+(<usize>j<<2)):1;
  for(let r=0;r<m;r++){ const o=<usize>(r*c)<<2; const t=load<i32>(targets+(<usize>r<<2)); if(t==ignoreIndex){memory.fill(dLogits+o,0,<usize>c<<2);continue;} const lse=load<f32>(logSumExp+(<usize>r<<2)),sc=load<f32>(scale+(<usize>(r*scaleStride)<<2)); const w:f32=weight?load<f32>(weight+(<usize>t<<2)):1;
   for(let j=0;j<c;j++){ const p=ex(load<f32>(logits+o+(<usize>j<<2))-lse); const wj:f32=weight?load<f32>(weight+(<usize>j<<2)):1; let g:f64=(1-<f64>labelSmoothing)*w*(<f64>p-(j==t?1:0))+<f64>labelSmoothing/<f64>c*(sw*<f64>p-wj); store<f32>(dLogits+o+(<usize>j<<2),<f32>(g*sc)); } } }
export function squaredError(x: usize, y: usize, out: usize, n: i32): void { for(let i=0;i<n;i++){const o=<usize>i<<2; const d=load<f32>(x+o)-load<f32>(y+o); store<f32>(out+o,d*d);} }
export function squaredErrorBackward(x: usize, y: usize, scale: usize, scaleStride: i32, dx: usize, n: i32): void { for(let i=0;i<n;i++){const o=<usize>i<<2; const d=load<f32>(x+o)-load<f32>(y+o); store<f32>(dx+o,load<f32>(scale+(<usize>(i*scaleStride)<<2))*2*d);} }
