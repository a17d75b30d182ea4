import assert from "node:assert/strict";
import type { Page } from "@minference/ecs";

/** Reads all pages of a listing, each of which is full but the last. */
export async function allPages<Item, Query extends { readonly limit: number }>(
  read: (query: Query & { readonly after?: string }) => Promise<Page<Item>>,
  query: Query,
): Promise<Item[]> {
  let page = await read(query);
  const items = [...page.items];
  while (page.next !== null) {
    assert.equal(page.items.length, query.limit, "only the last page may be shorter");
    page = await read({ ...query, after: page.next });
    items.push(...page.items);
  }
  return items;
}
