import { defaultStorage } from "../storage/storage-location.ts";

/** What `--help` prints. */
export const helpText = `minference demo: solves word problems with a calculator tool, many conversations at once.

Usage
  pnpm demo [run] [options]       solve problems and store every conversation
  pnpm demo --resume RUN          go on with a run that was stopped or killed; what is done is not done again
  pnpm demo runs                  list the stored runs, and how far they are
  pnpm demo list                  list the stored conversations
  pnpm demo show THREAD           print a conversation, as it is now or as it was in an older version
  pnpm demo history THREAD        print its versions and what changed in each
  pnpm demo diff FROM TO          print what differs between two versions

THREAD is the id of a version or of a conversation, or the beginning of one that fits no other.

Problems
  --input FILE.jsonl        problems in GSM8K's format, one a line; without it they are generated
  --limit N                 at most N problems (default: all of the file, or 64 generated ones)
  --seed N                  another set of generated problems and latencies (default 1)
  --keep-going              leave out bad lines of the file and solve the others

Going on with a run
  --resume RUN              the id of a run, or the beginning of one; takes --storage, --port, --json and --log beside it
  --on-doubt WHAT           requests that were sent and whose answer was not stored: retry (default), fail, or ask, which leaves
                            them as they are

Providers
  --provider NAMES          openai, anthropic, vllm, litellm, openrouter, azure_openai, several apart by commas, or both
                            (openai and anthropic); default: those that have a key, else both simulated
  --model NAME              the model; PROVIDER=NAME sets it for one provider; may be repeated
  --base-url URL            a server of your own (with one provider; default openai)
  --simulate                simulated providers, also where there are keys
  --port N                  the port of the simulated provider on 127.0.0.1 (default: any that is free)
  --requests-per-minute N   the limits of each provider; the simulated ones enforce them
  --tokens-per-minute N

Storage and output
  --storage WHERE           sqlite:PATH, postgres://USER@HOST/DATABASE or memory: (default ${defaultStorage})
  --log FILE                write what happens as JSON lines to FILE, numbered and kept to 5 files of 10 MB; ids, counts and
                            codes, never what was said
  --json                    print one JSON document on stdout
  -h, --help                print this
  -v, --version             print the version

Keys and addresses are read from the environment: OPENAI_API_KEY or OPENAI_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY,
ANTHROPIC_BASE_URL, and those of the other providers. A key is never printed or stored.

Exit codes: 0 done; 1 something failed; 2 the command line makes no sense; 130 stopped with Ctrl-C.
`;
