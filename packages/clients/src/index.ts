export type { RawAnswer } from "./client/answer-from-raw.ts";
export { answerFromRaw } from "./client/answer-from-raw.ts";
export type { ChatClientDependencies } from "./client/create-chat-client.ts";
export { createChatClient } from "./client/create-chat-client.ts";
export type { RetryPolicy } from "./client/retry-policy.ts";
export type { Clock } from "./clock/clock.ts";
export { systemClock } from "./clock/clock.ts";
export { ConfigurationError } from "./config/base-url.ts";
export type { Environment } from "./config/config-from-environment.ts";
export { configFromEnvironment } from "./config/config-from-environment.ts";
export type { ProviderConfig } from "./config/provider-config.ts";
export type { ProxySettings } from "./config/proxy-settings.ts";
export type { AttemptEvent } from "./contract/attempt-event.ts";
export type { ChatClient, ChatOptions } from "./contract/chat-client.ts";
export type {
  ChatRequest,
  ReasoningRequest,
  ResponseFormat,
  VllmOptions,
} from "./contract/chat-request.ts";
export type {
  ChatResponse,
  FinishReason,
  Timings,
} from "./contract/chat-response.ts";
export type { JsonObject, JsonValue } from "./contract/json.ts";
export type {
  DimensionStatus,
  LimitDimension,
  LimitStatus,
} from "./contract/limit-status.ts";
export type {
  AssistantMessage,
  Message,
  SystemMessage,
  ToolMessage,
  ToolResult,
  UserMessage,
} from "./contract/message.ts";
export {
  assistantMessage,
  systemMessage,
  toolMessage,
  userMessage,
} from "./contract/message.ts";
export { textOf, toolCallsOf } from "./contract/message-content.ts";
export type {
  AssistantPart,
  ImagePart,
  MalformedToolCallPart,
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolCallPart,
  UserPart,
  ValidToolCallPart,
} from "./contract/message-part.ts";
export type { ProviderName, WireName } from "./contract/provider-name.ts";
export { providerNames } from "./contract/provider-name.ts";
export type { StreamEvent, StreamPiece } from "./contract/stream-event.ts";
export { messageOfStream } from "./contract/stream-message.ts";
export { toolCallFromText } from "./contract/tool-call-arguments.ts";
export type {
  JsonSchema,
  ToolChoice,
  ToolDefinition,
} from "./contract/tool-definition.ts";
export type { Usage } from "./contract/usage.ts";
export { usageOf } from "./contract/usage.ts";
export type { ErrorCode } from "./errors/error-code.ts";
export { errorCodes } from "./errors/error-code.ts";
export type { ProviderErrorDetails } from "./errors/provider-error.ts";
export { ProviderError } from "./errors/provider-error.ts";
export type { AnswerStore, KeptAnswer, KeptAnswerMode, KeptAnswers } from "./kept/answer-store.ts";
export { DirectoryAnswerStore } from "./kept/directory-answer-store.ts";
export { MemoryAnswerStore } from "./kept/memory-answer-store.ts";
export type { HeaderLimit, LimitHeaders } from "./limits/limit-headers.ts";
export { LocalRateLimiter } from "./limits/local-rate-limiter.ts";
export type { Draw, PoolKey, RateLimiter, Reservation, Spent } from "./limits/rate-limiter.ts";
export { LimiterClosedError, OversizeError } from "./limits/rate-limiter.ts";
export type { RateLimits } from "./limits/rate-limits.ts";
export { defaultRateLimits } from "./limits/rate-limits.ts";
export type { AnySchema, Checked, SchemaOutput } from "./schema/checked-schema.ts";
export type { CheckedFormat, SchemaFormat } from "./schema/format-from-schema.ts";
export { formatFromSchema, jsonOf } from "./schema/format-from-schema.ts";
export { JsonSchemaValidator } from "./schema/json-schema-validator.ts";
export type { StandardJsonSchema, StandardSchema } from "./schema/standard-schema.ts";
export type { CheckedTool, SchemaTool } from "./schema/tool-from-schema.ts";
export { toolFromSchema } from "./schema/tool-from-schema.ts";
export { withoutAddedNulls } from "./wire/added-nulls.ts";
export type { Fetch } from "./wire/fetch-exchange.ts";
export { messagesFromDicts, messagesToDicts } from "./wire/message-dicts.ts";
