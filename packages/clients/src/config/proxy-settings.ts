import { ConfigurationError } from "./base-url.ts";

/** Proxies that requests go through. A name and a password may stand in their URLs. */
export interface ProxySettings {
  /** For addresses that begin with `http:`. */
  readonly http?: string | undefined;
  /** For addresses that begin with `https:`. */
  readonly https?: string | undefined;
  /** Hosts that are asked directly, in the form of `NO_PROXY`: names, endings of names, ports, separated by commas; `*` for all. */
  readonly except?: string | undefined;
}

/** Checks the URLs of proxies. Throws `ConfigurationError`, never repeating a URL. */
export function checkProxy({ http, https }: ProxySettings): void {
  for (const url of [http, https]) {
    if (url !== undefined && url !== "" && passwordsOf(url) === null) {
      throw new ConfigurationError("A proxy is not the URL of an HTTP proxy: give one such as http://127.0.0.1:3128.");
    }
  }
}

/** What of proxies' URLs is to be kept secret. */
export function proxySecrets({ http = "", https = "" }: ProxySettings): string[] {
  return [...(passwordsOf(http) ?? []), ...(passwordsOf(https) ?? [])];
}

/** The password of a proxy's URL, as it stands there and as it is sent; null where that is no proxy. */
function passwordsOf(url: string): string[] | null {
  if (!URL.canParse(url)) return null;
  const { protocol, username, password } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return null;
  if (password === "") return [];
  try {
    const plain = decodeURIComponent(password);
    return [password, plain, Buffer.from(`${decodeURIComponent(username)}:${plain}`).toString("base64")];
  } catch {
    return null;
  }
}
