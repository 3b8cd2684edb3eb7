// Every error gated throws on purpose. The text says what was got, what was expected and where.

/** The base of all of gated's errors: `catch (e) { if (e instanceof GatedError) … }`. */
export class GatedError extends Error {
  override name = 'GatedError';
}
/** A tensor's shape does not fit. */
export class ShapeError extends GatedError {
  override name = 'ShapeError';
}
/** A tensor's element type does not fit, or a number has no place in it. */
export class DTypeError extends GatedError {
  override name = 'DTypeError';
}
/** An option, index or length is out of range. */
export class ValueError extends GatedError {
  override name = 'ValueError';
}
/** A file or byte string is not what it says it is. */
export class FormatError extends GatedError {
  override name = 'FormatError';
}
/** The engine or a model uses something gated does not have. */
export class UnsupportedError extends GatedError {
  override name = 'UnsupportedError';
}
/** Linear memory cannot grow any further, or not beyond `setMemoryLimit`. */
export class OutOfMemoryError extends GatedError {
  override name = 'OutOfMemoryError';
}
/** A state dict misses names, has unexpected ones or holds tensors of the wrong shape: all listed at once. */
export class StateDictError extends GatedError {
  override name = 'StateDictError';
}
/** `backward()` cannot walk this graph: freed, changed in place, or not recorded. */
export class GraphError extends GatedError {
  override name = 'GraphError';
}
/** A tensor, module or stream is used after `dispose()` or after its scope ended. */
export class DisposedError extends GatedError {
  override name = 'DisposedError';
}
