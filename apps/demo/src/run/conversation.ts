import { type CallableTool, ChatThread, LLMConfig, SystemPrompt } from "@minference/threads";
import { type Problem, solvingInstructions } from "@minference/word-problems";
import type { ProviderPlan } from "../providers/provider-plan.ts";

/** A problem, the provider it goes to and the thread in which it is solved. */
export interface Conversation {
  readonly problem: Problem;
  readonly plan: ProviderPlan;
  readonly thread: ChatThread;
}

/** Makes a thread for each problem, dealt out to the providers in turn. They share prompt, tool and, by provider, configuration. */
export function makeConversations(
  problems: readonly Problem[],
  plans: readonly ProviderPlan[],
  calculator: CallableTool,
): readonly Conversation[] {
  const systemPrompt = new SystemPrompt({ name: "word problems", content: solvingInstructions });
  const configs = plans.map((plan) => ({
    plan,
    llmConfig: LLMConfig.create({ client: plan.label, model: plan.model, maxTokens: 800, responseFormat: "auto_tools" }),
  }));
  return problems.flatMap((problem, index) => {
    const dealt = configs[index % configs.length];
    if (dealt === undefined) return [];
    const { llmConfig, plan } = dealt;
    const thread = ChatThread.create({
      name: `problem ${problem.line}`,
      systemPrompt,
      llmConfig,
      tools: [calculator],
      newMessage: problem.question,
    });
    return { problem, plan, thread };
  });
}
