// temporary
import { exp4 } from '../simd/activations';
import { log4 } from '../simd/log';
function ex(x:f32):f32{return f32x4.extract_lane(exp4(f32x4.splat(x)),0);}
function lg(x:f32):f32{return f32x4.extract_lane(log4(f32x4.splat(x)),0);}
export function reduce(op: i32, x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  for (let o=0;o<outer;o++) for(let i=0;i<inner;i++){ let s:f64=0; let m=op==2?-f32.MAX_VALUE:f32.MAX_VALUE; if(op==2)m=-Infinity; if(op==3)m=Infinity;
    for(let j=0;j<n;j++){const v=load<f32>(x+(<usize>((o*n+j)*inner+i)<<2)); if(op<2)s+=v; else if(op==2)m=max(m,v); else m=min(m,v);} 
    store<f32>(out+(<usize>(o*inner+i)<<2), op==0?<f32>s:op==1?<f32>(s/<f64>n):m);} }
export function reduceInt(op: i32, x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  for (let o=0;o<outer;o++) for(let i=0;i<inner;i++){ let s:i32=op==0?0:load<i32>(x+(<usize>((o*n)*inner+i)<<2));
    for(let j=0;j<n;j++){const v=load<i32>(x+(<usize>((o*n+j)*inner+i)<<2)); if(op==0)s+=v; else if(op==2)s=max(s,v); else s=min(s,v);} 
    store<i32>(out+(<usize>(o*inner+i)<<2), s);} }
export function argmax(x: usize, out: usize, outer: i32, n: i32, inner: i32, isInt: i32): void {
  for (let o=0;o<outer;o++) for(let i=0;i<inner;i++){ let b=0; 
    for(let j=1;j<n;j++){const p=x+(<usize>((o*n+j)*inner+i)<<2),q=x+(<usize>((o*n+b)*inner+i)<<2); if(isInt?load<i32>(p)>load<i32>(q):load<f32>(p)>load<f32>(q))b=j;} 
    store<i32>(out+(<usize>(o*inner+i)<<2), b);} }
export function reduceBackward(op: i32, x: usize, out: usize, dOut: usize, dx: usize, outer: i32, n: i32, inner: i32, share: i32): void {
  for (let o=0;o<outer;o++) for(let i=0;i<inner;i++){ const d=load<f32>(dOut+(<usize>(o*inner+i)<<2)); let c:f32=0; if(op>1) for(let j=0;j<n;j++) if(load<f32>(x+(<usize>((o*n+j)*inner+i)<<2))==load<f32>(out+(<usize>(o*inner+i)<<2)))c+=1;
    let done=false; for(let j=0;j<n;j++){const at=(<usize>((o*n+j)*inner+i)<<2); let v:f32=0; if(op==0)v=d; else if(op==1)v=d/<f32>n; else if(load<f32>(x+at)==load<f32>(out+(<usize>(o*inner+i)<<2))){ if(share)v=d/c; else if(!done){v=d;done=true;} } store<f32>(dx+at,v);} } }
export function softmax(x: usize, y: usize, outer: i32, n: i32, inner: i32, log: i32): void {
  for (let o=0;o<outer;o++) for(let i=0;i<inner;i++){ let m:f32=-Infinity; for(let j=0;j<n;j++)m=max(m,load<f32>(x+(<usize>((o*n+j)*inner+i)<<2))); let s:f64=0; for(let j=0;j<n;j++)s+=ex(load<f32>(x+(<usize>((o*n+j)*inner+i)<<2))-m);
   for(let j=0;j<n;j++){const at=(<usize>((o*n+j)*inner+i)<<2); const v=load<f32>(x+at)-m; store<f32>(y+at, log? v-lg(<f32>s): <f32>(ex(v)/s));} } }
export function softmaxBackward(y: usize, dy: usize, dx: usize, outer: i32, n: i32, inner: i32, log: i32): void {
  for (let o=0;o<outer;o++) for(let i=0;i<inner;i++){ let s:f64=0; for(let j=0;j<n;j++){const at=(<usize>((o*n+j)*inner+i)<<2); s+=log?load<f32>(dy+at):load<f32>(dy+at)*load<f32>(y+at);}
   for(let j=0;j<n;j++){const at=(<usize>((o*n+j)*inner+i)<<2); const v=load<f32>(y+at),d=load<f32>(dy+at); store<f32>(dx+at, log? d-ex(v)*<f32>s: v*(d-<f32>s));} } }
export function sumSquares(x: usize, n: i32): f64 { let s:f64=0; for(let i=0;i<n;i++){const v=<f64>load<f32>(x+(<usize>i<<2)); s+=v*v;} return s; }
export function hasNonFinite(x: usize, n: i32): i32 { for(let i=0;i<n;i++){const v=load<f32>(x+(<usize>i<<2)); if(v-v!=0)return 1;} return 0; }
