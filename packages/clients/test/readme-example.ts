import { createChatClient, ProviderError, type ProviderConfig, textOf, userMessage } from "@minference/clients";

export async function answerAll(config: ProviderConfig, model: string, questions: readonly string[]): Promise<string[]> {
  const limits = { requestsPerMinute: 900, tokensPerMinute: 300_000 };
  const client = createChatClient({ ...config, limits });

  // All at once: each is sent as soon as the limits allow, the predicted longest first.
  return await Promise.all(
    questions.map(async (question) => {
      try {
        const { message } = await client.chat({ model, messages: [userMessage(question)], maxTokens: 400 });
        return textOf(message);
      } catch (error) {
        if (!ProviderError.is(error)) throw error;
        return `${error.code} after ${error.attempts} attempts: ${error.message}`;
      }
    }),
  );
}
