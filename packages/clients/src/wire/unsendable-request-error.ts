/** Tells that a request cannot be put on the wire, or would be refused there for certain. */
export class UnsendableRequestError extends Error {
  override readonly name = "UnsendableRequestError";
}
