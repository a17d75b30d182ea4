import { NaiveStorage } from "./naive-storage.ts";
import { storageConformance } from "./storage-conformance.ts";

storageConformance("NaiveStorage", {
  async open() {
    const storage = new NaiveStorage();
    return { storage, close: () => storage.close() };
  },
});
