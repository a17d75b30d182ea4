/** Tells that a configuration cannot work. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * Checks a base URL and takes its trailing slashes off. Refuses credentials in it, since URLs reach logs, and anything but HTTP.
 * Throws `ConfigurationError`, never repeating the URL's credentials.
 */
export function checkBaseUrl(value: string): string {
  if (!URL.canParse(value)) throw new ConfigurationError("The base URL is not a URL: give one such as http://127.0.0.1:8000/v1.");
  const url = new URL(value);
  if (url.username !== "" || url.password !== "") {
    throw new ConfigurationError(`The base URL of ${url.host} holds credentials: give the key as apiKey instead.`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ConfigurationError(`The base URL has the scheme ${url.protocol} but only http: and https: work.`);
  }
  if (url.search !== "" || url.hash !== "")
    throw new ConfigurationError(`The base URL of ${url.host} has a query or fragment: leave it out.`);
  return url.href.replace(/\/+$/, "");
}
