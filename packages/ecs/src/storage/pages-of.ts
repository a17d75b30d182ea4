import type { Page } from "./entity-storage.ts";

/** Goes through a listing, a page of its items at a time: `read` is called with what stands behind the page before. */
export async function* pagesOf<Item>(
  read: (after: { readonly after?: string }) => Promise<Page<Item>>,
): AsyncGenerator<readonly Item[], void> {
  let after: string | null = null;
  do {
    const page: Page<Item> = await read(after === null ? {} : { after });
    yield page.items;
    after = page.next;
  } while (after !== null);
}
