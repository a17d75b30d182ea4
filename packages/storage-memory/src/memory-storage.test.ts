import { storageConformance } from "@minference/storage-conformance";
import { MemoryStorage } from "./memory-storage.ts";

storageConformance("MemoryStorage", {
  async open() {
    const storage = new MemoryStorage();
    return { storage, close: () => storage.close() };
  },
});
