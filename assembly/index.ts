export * from './matmul';
export * from './recurrent';
