/** Goes through all pages of a listing. */
export async function* pages<Item>(
  read: (after: { readonly after?: string }) => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>,
): AsyncGenerator<Item, void> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof read>> = await read(after === null ? {} : { after });
    yield* page.items;
    after = page.next;
  } while (after !== null);
}
