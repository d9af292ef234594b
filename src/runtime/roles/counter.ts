import { historyKey, type MissCause, TranslationHistory } from "../../jit/history.js";
import { effectiveRole } from "../../mmu/policies/leaky-role.js";
import type { DropReason, Translation, TranslationObserver } from "../machine/translations.js";

/** Counts what becomes of a machine's translations: misses by cause, code translated again. */
export class RoleCounter implements TranslationObserver {
  readonly misses: Record<MissCause, number> = { cold: 0, evicted: 0, invalidated: 0, spuriousRole: 0 };
  translations = 0;
  instructionsRetranslated = 0;
  private readonly history = new TranslationHistory(effectiveRole);

  missed(role: number, mode: number, pc: number, physical: number): void {
    this.misses[this.history.missed(role, historyKey(mode, pc, physical))]++;
  }

  made(t: Translation): void {
    this.translations++;
    if (this.history.translated(t.index.role, historyKey(t.mode, t.pc, t.physical))) this.instructionsRetranslated += t.block.count;
  }

  dropped(t: Translation, why: DropReason): void {
    this.history.dropped(t.index.role, historyKey(t.mode, t.pc, t.physical), why === "invalidated" ? why : "evicted");
  }
}
