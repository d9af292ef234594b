import { describe, expect, it } from "vitest";
import { historyKey, TranslationHistory } from "../../src/jit/history.js";

/** Roles of this test: bit 0 is ignored by the hardware. */
const history = (): TranslationHistory => new TranslationHistory((role) => role & ~1);
const key = historyKey(1, 0x1000, 0x1000);

describe("causes of misses", () => {
  it("code never translated is cold, under every role", () => {
    const h = history();
    expect(h.missed(2, key)).toBe("cold");
    expect(h.translated(2, key)).toBe(false);
    // a role that differs in a bit that counts
    expect(h.missed(4, key)).toBe("cold");
  });

  it("a live translation under a role that differs only in ignored bits makes the miss spurious", () => {
    const h = history();
    h.translated(2, key);
    expect(h.missed(3, key)).toBe("spuriousRole");
    expect(h.translated(3, key)).toBe(true);
  });

  it("of translations that are gone, the cause is told", () => {
    const h = history();
    h.translated(2, key);
    h.dropped(2, key, "evicted");
    expect(h.missed(2, key)).toBe("evicted");
    h.translated(2, key);
    h.dropped(2, key, "invalidated");
    expect(h.missed(2, key)).toBe("invalidated");
    expect(h.missed(3, key)).toBe("cold");
  });

  it("a spurious role comes before eviction, a changed code before both", () => {
    const h = history();
    h.translated(2, key);
    h.translated(3, key);
    h.dropped(2, key, "evicted");
    expect(h.missed(2, key)).toBe("spuriousRole");
    h.dropped(2, key, "invalidated");
    expect(h.missed(2, key)).toBe("invalidated");
  });

  it("the same PC at another physical address, or in another mode, is other code", () => {
    const h = history();
    h.translated(2, key);
    expect(h.missed(3, historyKey(1, 0x1000, 0x2000))).toBe("cold");
    expect(h.missed(3, historyKey(2, 0x1000, 0x1000))).toBe("cold");
  });
});
