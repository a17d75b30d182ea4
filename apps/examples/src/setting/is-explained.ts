import { ConfigurationError } from "@minference/clients";
import { EntityError, StorageError } from "@minference/ecs";
import { ThreadError } from "@minference/threads";

/** Whether the message of an error says what is wrong to whoever runs an example, so that no stack has to. */
export function isExplained(error: unknown): error is Error {
  return error instanceof ConfigurationError || StorageError.is(error) || EntityError.is(error) || ThreadError.is(error);
}
